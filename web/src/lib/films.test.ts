import { expect, test } from 'vitest';
import { clock, isFilm } from './films';

test('films are known by their kind or their name', () => {
  expect(isFilm(new File([], 'a', { type: 'video/mp4' }))).toBe(true);
  expect(isFilm(new File([], 'Old Reel.MKV'))).toBe(true);
  expect(isFilm(new File([], 'a.jpg', { type: 'image/jpeg' }))).toBe(false);
});

test('seconds on a clock', () => {
  expect([0, 9.9, 62, 3723].map(clock)).toEqual(['0:00', '0:09', '1:02', '1:02:03']);
});
