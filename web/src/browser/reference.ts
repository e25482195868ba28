/** The palette of another picture, taken over region by region (guidance/reference.py). */
import type { Field } from './field';
import { HintField } from './hints';
import { type Pixels, isDeep } from './pixels';
import type { Seen } from './seen';
import { resized } from './resize';
import { linearTable, linearToLab } from './spaces';

const MIN_SIMILARITY = 0.5; // cosine below which two places have nothing to say to each other
const MOST = 40; // hints; more of them add nothing, and one picture's accidents
const TRUST = 0.9; // in a perfect match

/** Hints for one picture from another: its own colours are `otherAb`, at the size of its lightness. */
export function hintsFrom(target: Seen, other: Seen, otherAb: Field): HintField {
  const name = target.card.reference_features;
  const [own, theirs] = [directions(target.feature(name)), directions(other.feature(name))];
  const [places, matches] = [own.length, theirs.length];
  const best = new Int32Array(places).fill(-1);
  const score = new Float64Array(places).fill(-Infinity);
  const back = new Int32Array(matches).fill(-1);
  const backScore = new Float64Array(matches).fill(-Infinity);
  own.forEach((mine, n) =>
    theirs.forEach((their, m) => {
      const alike = dot(mine, their);
      if (alike > (score[n] as number)) [score[n], best[n]] = [alike, m];
      if (alike > (backScore[m] as number)) [backScore[m], back[m]] = [alike, n];
    }),
  );
  const mutual = [...best.keys()]
    .filter((n) => back[best[n] as number] === n && (score[n] as number) > MIN_SIMILARITY)
    .sort((one, two) => (score[two] as number) - (score[one] as number))
    .slice(0, MOST);
  const cells = target.feature(name);
  const colors = averaged(otherAb, other.feature(name));
  const { height, width } = target.L;
  const field = new HintField(height, width);
  const cell = height / cells.height;
  for (const spot of mutual.reverse()) {
    const row = Math.floor((Math.floor(spot / cells.width) + 0.5) * cell);
    const column = Math.floor(((spot % cells.width) + 0.5) * cell);
    const ab = colors[best[spot] as number] as [number, number];
    field.patch(row, column, Math.max(1, Math.floor(cell / 2)), ab, TRUST * (score[spot] as number));
  }
  return field;
}

/** Features of each place, centred, of unit length. */
function directions(features: Field): Float64Array[] {
  const { channels, height, width, data } = features;
  const places = height * width;
  const means = Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let at = 0; at < places; at++) sum += data[channel * places + at] as number;
    return sum / places;
  });
  return Array.from({ length: places }, (_, at) => {
    const direction = Float64Array.from(
      means,
      (mean, channel) => (data[channel * places + at] as number) - mean,
    );
    const length = Math.max(Math.sqrt(dot(direction, direction)), 1e-9);
    return direction.map((value) => value / length);
  });
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let n = 0; n < one.length; n++) sum += (one[n] as number) * (other[n] as number);
  return sum;
}

/** Colours of a grid's cells. */
function averaged(ab: Field, grid: { height: number; width: number }): [number, number][] {
  const plane = ab.height * ab.width;
  const edge = (n: number, cells: number, side: number) => Math.floor((n * side) / cells);
  return Array.from({ length: grid.height * grid.width }, (_, cell) => {
    const [row, column] = [Math.floor(cell / grid.width), cell % grid.width];
    let [a, b, count] = [0, 0, 0];
    for (let y = edge(row, grid.height, ab.height); y < edge(row + 1, grid.height, ab.height); y++) {
      for (let x = edge(column, grid.width, ab.width); x < edge(column + 1, grid.width, ab.width); x++) {
        a += ab.data[y * ab.width + x] as number;
        b += ab.data[plane + y * ab.width + x] as number;
        count++;
      }
    }
    return [a / count, b / count];
  });
}

/** A picture's own a and b at a size. */
export function smallAb(pixels: Pixels, width: number, height: number, kind: string): Field {
  const plane = width * height;
  const data = new Float32Array(2 * plane);
  const small = resized(pixels, width, height, kind === 'jpeg');
  if (small.channels > 2) {
    const linear = linearTable(isDeep(small));
    for (let at = 0; at < plane; at++) {
      const [r, g, b] = [0, 1, 2].map((c) => linear[small.data[at * small.channels + c] as number] as number);
      const [, a, bStar] = linearToLab(r as number, g as number, b as number);
      data[at] = a;
      data[plane + at] = bStar;
    }
  }
  return { channels: 2, height, width, data };
}
