/** Likely colours of one place (guidance/palette.py). */
import { F_TO_LINEAR, fInverse, inside } from '../gl/gamut';
import type { LikelyColor } from '../gl/swatch';
import type { Field } from './field';
import type { HintField } from './hints';
import type { Check } from './runtime';
import type { Seen } from './seen';
import { linearToSrgb } from './spaces';

const MIN_AB_DISTANCE = 18; // ab units between two colours that are worth offering both
const NEIGHBORS = 1; // cells around the place that are heard too
const DRAWS = 8; // a colour that one place in eight may have is seldom missed
const LEAST_SHARE = 1e-4; // less is rounding, not a colour
const COUNT = 6;

type Point = readonly [number, number];

/** Colours that the place may well have, likeliest first; row and column are of the lightness that was seen. */
export async function likely(
  seen: Seen,
  row: number,
  column: number,
  hints: HintField | null,
  check: Check,
): Promise<LikelyColor[]> {
  // The network's distribution is of what is shown alone: it does not know of hints, its draws do.
  const binned = seen.card.outputs.includes('logits') && !hints;
  const groups = binned ? binnedAt(seen, row, column) : await sampledAt(seen, row, column, hints, check);
  const L = seen.L.data[row * seen.L.width + column] as number;
  const colors = groups.map(({ a, b, probability }) => ({ hex: hexOf(L, a, b), a, b, probability }));
  return colors.sort((one, other) => other.probability - one.probability);
}

function binnedAt(seen: Seen, row: number, column: number): Group[] {
  const logits = seen.feature('logits');
  const share = distribution(
    logits,
    Math.floor((row * logits.height) / seen.L.height),
    Math.floor((column * logits.width) / seen.L.width),
  );
  return grouped(seen.card.bins, share, share);
}

/** Probability of each bin around a cell. */
function distribution(logits: Field, row: number, column: number): number[] {
  const { channels, height, width, data } = logits;
  const mean = new Array<number>(channels).fill(0);
  let cells = 0;
  for (let y = Math.max(0, row - NEIGHBORS); y <= Math.min(height - 1, row + NEIGHBORS); y++) {
    for (let x = Math.max(0, column - NEIGHBORS); x <= Math.min(width - 1, column + NEIGHBORS); x++) {
      const here = mean.map((_, bin) => data[(bin * height + y) * width + x] as number);
      const largest = Math.max(...here);
      const powers = here.map((logit) => Math.exp(logit - largest));
      const sum = powers.reduce((total, power) => total + power, 0);
      powers.forEach((power, bin) => ((mean[bin] as number) += power / sum));
      cells++;
    }
  }
  return mean.map((share) => share / cells);
}

async function sampledAt(
  seen: Seen,
  row: number,
  column: number,
  hints: HintField | null,
  check: Check,
): Promise<Group[]> {
  const points: Point[] = [];
  const step = seen.card.output_stride;
  for (let draw = 1; draw <= DRAWS; draw++) {
    const { ab, width, height } = await seen.decode(hints, seen.noise(draw, 0, 1), check);
    const at = Math.floor(row / step) * width + Math.floor(column / step);
    points.push([ab[at] as number, ab[width * height + at] as number]);
  }
  const rank = points.map(
    (point) => points.filter((other) => distance(point, other) < MIN_AB_DISTANCE).length,
  );
  const shares = points.map(() => 1 / DRAWS);
  return grouped(points, shares, rank);
}

interface Group {
  a: number;
  b: number;
  probability: number;
}

/** Pull together what is near the first in rank, then what is near the first of the rest, and so on. */
function grouped(points: readonly Point[], shares: number[], rank: number[]): Group[] {
  const share = [...shares];
  const groups: Group[] = [];
  while (groups.length < COUNT && Math.max(...share) > LEAST_SHARE) {
    const first = points.map((_, n) => n).reduce((best, n) => (rankOf(n) > rankOf(best) ? n : best));
    const group = { a: 0, b: 0, probability: 0 };
    points.forEach((point, n) => {
      if (distance(point, points[first] as Point) >= MIN_AB_DISTANCE) return;
      const weight = share[n] as number;
      group.a += weight * point[0];
      group.b += weight * point[1];
      group.probability += weight;
      share[n] = 0;
    });
    groups.push({
      a: group.a / group.probability,
      b: group.b / group.probability,
      probability: group.probability,
    });
  }
  return groups;

  /** Those taken already are out. */
  function rankOf(n: number): number {
    return (share[n] as number) > 0 ? (rank[n] as number) : -1;
  }
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** `#rrggbb` of a colour, pulled into sRGB at constant lightness and hue. */
function hexOf(L: number, a: number, b: number): string {
  const fy = (L + 16) / 116;
  let [low, high] = [0, 1];
  if (inside(fy, a / 500, b / -200)) low = 1;
  else {
    for (let n = 0; n < 20; n++) {
      const middle = (low + high) / 2;
      if (inside(fy, (middle * a) / 500, (middle * b) / -200)) low = middle;
      else high = middle;
    }
  }
  const [X, Y, Z] = [fInverse(fy + (low * a) / 500), fInverse(fy), fInverse(fy - (low * b) / 200)];
  const digits = F_TO_LINEAR.map(([x, y, z]) => {
    const code = linearToSrgb(Math.min(Math.max(x * X + y * Y + z * Z, 0), 1));
    return Math.round(255 * code)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${digits.join('')}`;
}
