/** How far a hint's colour goes (guidance/reach.py): what a hint does not reach is told to the network, too. */
import type { Chroma } from '../lib/types';
import type { Field } from './field';
import { HintField, POINT } from './hints';

const [SURELY_OUTSIDE, SURELY_INSIDE] = [0.6, 0.8]; // chance of belonging to the thing; between them the network decides

export interface PlacedHint {
  row: number; // of the lightness that was seen
  column: number;
  ab: readonly [number, number];
}

/**
 * The chance that each place belongs to the thing that lies at one, 0..1: the place's query asks all keys. The logit is
 * their product, plus the query's last number but one, minus its last times the squared distance in cells.
 */
export function belonging(keys: Field, queries: Field, row: number, column: number): Field {
  const { channels, height, width } = keys;
  const plane = height * width;
  const asked = (channel: number) => queries.data[channel * plane + row * width + column] as number;
  const data = new Float32Array(plane);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      let logit = asked(channels) - asked(channels + 1) * ((y - row) ** 2 + (x - column) ** 2);
      for (let channel = 0; channel < channels; channel++) {
        logit += asked(channel) * (keys.data[channel * plane + at] as number);
      }
      data[at] = 1 / (1 + Math.exp(-Math.min(Math.max(logit, -30), 30)));
    }
  }
  return { channels: 1, height, width, data };
}

const SPOT = 1 / 12; // of the shorter side: radius of a spot

/** The same, near the place alone: `row` and `column` are of the lightness that was seen. */
export function near(chance: Field, row: number, column: number, height: number, width: number): Field {
  const radius = SPOT * Math.min(height, width);
  const data = chance.data.map((value, at) => {
    const down = ((Math.floor(at / chance.width) + 0.5) * height) / chance.height - row;
    const across = (((at % chance.width) + 0.5) * width) / chance.width - column;
    return Math.hypot(down, across) < radius ? value : 0;
  });
  return { ...chance, data };
}

/** Known places that give each hint's colour to its thing, and keep the others as they are `shown` without hints. */
export function withinReach(
  height: number,
  width: number,
  shown: Chroma,
  hints: PlacedHint[],
  chances: Field[], // of belonging to each hint's thing
): HintField {
  const field = new HintField(height, width);
  const plane = height * width;
  const [first] = chances;
  if (!first) return field;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = cellAt(y, x, height, width, first);
      const here = chances.map((chance) => chance.data[cell] as number);
      const chance = Math.max(...here);
      if (chance >= SURELY_OUTSIDE && chance <= SURELY_INSIDE) continue;
      const at = y * width + x;
      const small = cellAt(y, x, height, width, shown);
      const kept = [shown.ab[small], shown.ab[shown.width * shown.height + small]];
      const [a, b] = chance > SURELY_INSIDE ? (hints[here.indexOf(chance)] as PlacedHint).ab : kept;
      field.ab[at] = a as number;
      field.ab[plane + at] = b as number;
      field.mask[at] = 1;
    }
  }
  for (const { row, column, ab } of hints) field.patch(row, column, POINT, ab);
  return field;
}

/**
 * What the network will make of the hints, guessed: each hint's colour on what surely is its thing, fading towards what
 * surely is not. It stands in until the network has answered.
 */
export function guessed(shown: Chroma, hints: PlacedHint[], chances: Field[]): Chroma {
  const { width, height } = shown;
  const plane = width * height;
  const ab = shown.ab.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = chances.map((chance) => between(chance, y / height, x / width));
      const chance = Math.max(...here);
      const share = Math.min(1, (chance - SURELY_OUTSIDE) / (SURELY_INSIDE - SURELY_OUTSIDE));
      if (!(share > 0)) continue;
      const [a, b] = (hints[here.indexOf(chance)] as PlacedHint).ab;
      const at = y * width + x;
      ab[at] = (1 - share) * (ab[at] as number) + share * a;
      ab[plane + at] = (1 - share) * (ab[plane + at] as number) + share * b;
    }
  }
  return { width, height, ab, confidence: shown.confidence };
}

/** A field of one plane between its cells; `down` and `across` are shares of its sides. */
function between({ height, width, data }: Field, down: number, across: number): number {
  const [y, x] = [Math.max(0, down * height - 0.5), Math.max(0, across * width - 0.5)];
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [low, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const row = (at: number) =>
    (1 - x + left) * (data[at * width + left] as number) + (x - left) * (data[at * width + right] as number);
  return (1 - y + top) * row(top) + (y - top) * row(low);
}

/** Which cell of a field, whose last row and column may lie half outside, a place is in. */
function cellAt(
  y: number,
  x: number,
  height: number,
  width: number,
  field: { height: number; width: number },
) {
  const [down, across] = [Math.ceil(height / field.height), Math.ceil(width / field.width)];
  return Math.floor(y / down) * field.width + Math.floor(x / across);
}
