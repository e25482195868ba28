import { expect, test } from 'vitest';
import golden from '../../../tests/data/noise.json';
import { gaussianNoise, philox, type Words } from './noise';

test.each(golden.words)('the words of $counter are the published ones', ({ counter, key, words }) => {
  expect(philox(counter as Words, key as [number, number])).toEqual(words);
});

test.each(golden.fields)('the noise of seed $seed is that of the golden file', (field) => {
  const noise = gaussianNoise(field.seed, field.draw, field.channels, field.height, field.width);
  expect(noise).toHaveLength(field.values.length);
  field.values.forEach((value, n) => expect(noise[n]).toBeCloseTo(value, 5));
});

test('a larger picture does not change what a place gets', () => {
  const [small, large] = [gaussianNoise(3, 1, 1, 4, 5), gaussianNoise(3, 1, 1, 9, 11)];
  for (let row = 0; row < 4; row++) {
    expect(small.subarray(5 * row, 5 * row + 5)).toEqual(large.subarray(11 * row, 11 * row + 5));
  }
});
