import { expect, test } from 'vitest';
import golden from '../../../tests/data/gamut.json';
import { chromaLimits, TURN_STEPS } from './gamut';

test('the table of chroma limits is the one that the server has', () => {
  const limits = chromaLimits();
  expect(golden.cells).toHaveLength(100);
  for (const [row = 0, column = 0, limit = 0] of golden.cells) {
    expect(limits[row * TURN_STEPS + column]).toBeCloseTo(limit, 2);
  }
});
