/** Hints as the hand gives them: a point, or a stroke of the brush, which is many points of one colour. */
import type { Hint, Reach } from './types';

export const MOST = 500; // the backend takes no more

/** A point, or the points of one stroke. */
export interface Mark {
  first: number; // of its hints, its place among all
  color: string;
  reach: Reach;
  points: [number, number][];
  stroke: string | null;
}

export function marksOf(hints: Hint[]): Mark[] {
  const marks: Mark[] = [];
  const strokes = new Map<string, Mark>();
  for (const [first, { x, y, color, reach = 'object', stroke }] of hints.entries()) {
    const begun = stroke ? strokes.get(stroke) : undefined;
    if (begun) begun.points.push([x, y]);
    else {
      const mark: Mark = { first, color, reach, points: [[x, y]], stroke: stroke ?? null };
      marks.push(mark);
      if (stroke) strokes.set(stroke, mark);
    }
  }
  return marks;
}

/** Whether a hint belongs to a mark. */
function belongs(mark: Mark, hint: Hint, index: number): boolean {
  return mark.stroke ? hint.stroke === mark.stroke : index === mark.first;
}

export function changed(hints: Hint[], mark: Mark, change: { color: string } | { reach: Reach }): Hint[] {
  return hints.map((hint, index) => (belongs(mark, hint, index) ? { ...hint, ...change } : hint));
}

export function without(hints: Hint[], mark: Mark): Hint[] {
  return hints.filter((hint, index) => !belongs(mark, hint, index));
}

/** Moved as a whole, as far as all of it stays in the picture. */
export function moved(hints: Hint[], mark: Mark, dx: number, dy: number, size: Size): Hint[] {
  const xs = mark.points.map(([x]) => x);
  const ys = mark.points.map(([, y]) => y);
  const right = held(dx, -Math.min(...xs), size.width - 0.01 - Math.max(...xs));
  const down = held(dy, -Math.min(...ys), size.height - 0.01 - Math.max(...ys));
  return hints.map((hint, index) =>
    belongs(mark, hint, index) ? { ...hint, x: hint.x + right, y: hint.y + down } : hint,
  );
}

/** Without the points that the eraser has touched. */
export function erased(hints: Hint[], x: number, y: number, radius: number): Hint[] {
  const left = hints.filter((hint) => Math.hypot(hint.x - x, hint.y - y) > radius);
  return left.length === hints.length ? hints : left;
}

interface Size {
  width: number;
  height: number;
}

function held(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** A stroke's points, no nearer to each other than `step`, and no more than fit. */
export function thinned(points: [number, number][], step: number, room: number): [number, number][] {
  const kept: [number, number][] = [];
  for (const [x, y] of points) {
    const last = kept.at(-1);
    if (!last || Math.hypot(x - last[0], y - last[1]) >= step) kept.push([x, y]);
  }
  if (kept.length <= room) return kept;
  return Array.from({ length: room }, (_, i) => kept[Math.floor((i * kept.length) / room)] ?? [0, 0]);
}
