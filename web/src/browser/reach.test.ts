import { expect, test } from 'vitest';
import golden from '../../../tests/data/reach.json';
import { belonging, guessed, near, withinReach } from './reach';

const field = ({ shape, values }: { shape: number[]; values: number[] }) => {
  const [channels = 1, height = 1, width = 1] = shape;
  return { channels, height, width, data: Float32Array.from(values) };
};

test('what belongs to a thing, and what a hint says of it, is what the command says', () => {
  const [keys, queries, shown] = [field(golden.keys), field(golden.queries), field(golden.shown)];
  const [height = 0, width = 0] = golden.size;
  const chances = golden.cells.map(([row = 0, column = 0], n) => {
    const chance = belonging(keys, queries, row, column);
    const hint = golden.hints[n];
    return hint?.reach === 'spot' ? near(chance, hint.row, hint.column, height, width) : chance;
  });
  chances.forEach((chance, n) =>
    chance.data.forEach((value, at) => expect(value).toBeCloseTo(golden.chances[n]?.[at] ?? NaN, 2)),
  );
  const chroma = { width: shown.width, height: shown.height, ab: shown.data, confidence: null };
  const hints = golden.hints.map(({ row, column, ab }) => ({ row, column, ab: ab as [number, number] }));
  const found = withinReach(height, width, chroma, hints, chances);
  found.ab.forEach((value, at) => expect(value).toBeCloseTo(golden.ab[at] ?? NaN, 2));
  found.mask.forEach((value, at) => expect(value).toBe(golden.mask[at]));
});

test('what is guessed has the hint where its thing is, and is as it was where it is not', () => {
  const shown = { width: 4, height: 2, ab: new Float32Array(16).fill(5), confidence: null };
  const chance = { channels: 1, height: 1, width: 2, data: Float32Array.of(0.9, 0.1) };
  const { ab } = guessed(shown, [{ row: 0, column: 0, ab: [40, -20] }], [chance]);
  expect([ab[0], ab[8]]).toEqual([40, -20]);
  expect([ab[3], ab[11]]).toEqual([5, 5]);
});
