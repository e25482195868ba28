import { expect, test } from 'vitest';
import { doubtfulPlaces } from './doubt';

function field(width: number, height: number, doubts: [number, number, number][]) {
  const confidence = new Float32Array(width * height).fill(0.95);
  for (const [left, top, doubt] of doubts) {
    for (let y = top; y < top + 12; y++) {
      for (let x = left; x < left + 12; x++) confidence[y * width + x] = 1 - doubt;
    }
  }
  return { width, height, ab: new Float32Array(2 * width * height), confidence };
}

test('the worst place comes first, each once, sure ones never', () => {
  const places = doubtfulPlaces(field(120, 80, [[20, 10, 0.6], [90, 50, 0.9]])); // prettier-ignore
  expect(places.length).toBe(2);
  const [[x, y], [x2, y2]] = places as [[number, number], [number, number]];
  expect([Math.abs(120 * x - 96) < 5, Math.abs(80 * y - 56) < 5]).toEqual([true, true]);
  expect([Math.abs(120 * x2 - 26) < 5, Math.abs(80 * y2 - 16) < 5]).toEqual([true, true]);
  expect(doubtfulPlaces(field(120, 80, []))).toEqual([]);
});
