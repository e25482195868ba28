import { expect, test } from 'vitest';
import { offered, withPresent } from './swatch';

const LIKELY = offered([
  { hex: '#7a6a5a', a: 4, b: 10, probability: 0.6 },
  { hex: '#305080', a: 2, b: -30, probability: 0.3 },
]);

test('what hints have made of a place is offered first, unless it is there already', () => {
  expect(withPresent(LIKELY, 5, 12)).toBe(LIKELY);
  const reddish = withPresent(LIKELY, 50, 30);
  expect(reddish.map((swatch) => swatch.probability)).toEqual([0, 0.6, 0.3]);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(reddish[0]!.hex.slice(at, at + 2), 16));
  expect([red! > green!, red! > blue!]).toEqual([true, true]);
});
