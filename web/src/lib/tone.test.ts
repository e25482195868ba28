import { expect, test } from 'vitest';
import { toneOf } from './tone';

/** A ramp from dark to bright, each grey turned into a colour. */
function ramp(color: (gray: number) => [number, number, number]): Uint8ClampedArray {
  return new Uint8ClampedArray(Array.from({ length: 200 }, (_, i) => [...color(20 + i), 255]).flat());
}

test('grey, with a scanner’s noise too', () => {
  expect(toneOf(ramp((gray) => [gray, gray, gray]))).toBe('gray');
  expect(toneOf(ramp((gray) => [gray + (gray % 5), gray, gray - (gray % 3)]))).toBe('gray');
});

test('sepia is toned, and so is a cyanotype', () => {
  expect(toneOf(ramp((gray) => [gray + 30, gray + 8, gray - 20]))).toBe('toned');
  expect(toneOf(ramp((gray) => [gray - 20, gray, gray + 40]))).toBe('toned');
});

test('a photograph of brown things is in colour: not all that is equally bright is equally brown', () => {
  expect(toneOf(ramp((gray) => (gray % 2 ? [gray + 50, gray, gray - 40] : [gray, gray, gray])))).toBe(
    'color',
  );
});

test('many hues are colour', () => {
  expect(toneOf(ramp((gray) => (gray % 2 ? [gray + 60, gray, 20] : [20, gray, gray + 60])))).toBe('color');
});
