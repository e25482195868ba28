import { expect, test } from 'vitest';
import { changed, erased, marksOf, moved, thinned, without } from './hints';
import type { Hint } from './types';

const HINTS: Hint[] = [
  { x: 10, y: 10, color: '#ff0000' },
  { x: 20, y: 50, color: '#00ff00', stroke: 's' },
  { x: 30, y: 50, color: '#00ff00', stroke: 's' },
  { x: 90, y: 90, color: '#0000ff' },
];
const SIZE = { width: 100, height: 100 };

test('a stroke is one mark: recoloured, moved and removed as one', () => {
  const marks = marksOf(HINTS);
  expect(marks.map((mark) => mark.points.length)).toEqual([1, 2, 1]);
  const stroke = marks[1]!;
  expect(changed(HINTS, stroke, { color: '#123456' }).map((hint) => hint.color)).toEqual([
    '#ff0000', '#123456', '#123456', '#0000ff',
  ]); // prettier-ignore
  expect(moved(HINTS, stroke, -100, 5, SIZE).map((hint) => [hint.x, hint.y])).toEqual([
    [10, 10], [0, 55], [10, 55], [90, 90],
  ]); // prettier-ignore
  expect(without(HINTS, stroke).length).toBe(2);
  expect(without(HINTS, marks[2]!).map((hint) => hint.x)).toEqual([10, 20, 30]);
});

test('the eraser takes what it touches; where it touches nothing, nothing changes', () => {
  expect(erased(HINTS, 21, 50, 5).map((hint) => hint.x)).toEqual([10, 30, 90]);
  expect(erased(HINTS, 60, 10, 5)).toBe(HINTS);
});

test('a stroke keeps its distance and its ends', () => {
  const line = Array.from({ length: 101 }, (_, x): [number, number] => [x, 0]);
  expect(thinned(line, 10, 500).map(([x]) => x)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(thinned(line, 1, 4).length).toBe(4);
});
