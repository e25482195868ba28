/** Where the network is in doubt, place after place, the most doubtful first. */
import type { Chroma } from './types';

const MOST = 12;
const DOUBTFUL = 0.35; // doubt from which on a place is worth a look
const APART = 0.14; // of the field's longer side, between two places
const AROUND = 1 / 40; // of the longer side: a place is a spot of this radius, not one cell

/** As shares of the picture's width and height. */
export function doubtfulPlaces({ width, height, confidence }: Chroma): [number, number][] {
  if (!confidence) return [];
  const doubt = blurred(confidence, width, height, Math.max(1, Math.round(AROUND * Math.max(width, height))));
  const far = APART * Math.max(width, height);
  const found: [number, number][] = [];
  while (found.length < MOST) {
    let best = -1;
    for (let at = 0; at < doubt.length; at++) if (best < 0 || doubt[at]! > doubt[best]!) best = at;
    if (best < 0 || doubt[best]! < DOUBTFUL) break;
    const [x, y] = [best % width, Math.floor(best / width)];
    found.push([(x + 0.5) / width, (y + 0.5) / height]);
    for (let at = 0; at < doubt.length; at++) {
      if (Math.hypot((at % width) - x, Math.floor(at / width) - y) < far) doubt[at] = 0;
    }
  }
  return found;
}

/** Mean doubt of the square around each cell, by running sums. */
function blurred(confidence: Float32Array, width: number, height: number, radius: number): Float32Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += 1 - (confidence[y * width + x] ?? 1);
      sums[(y + 1) * (width + 1) + x + 1] = row + sums[y * (width + 1) + x + 1]!;
    }
  }
  const found = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
      const at = (row: number, column: number) => sums[row * (width + 1) + column]!;
      const sum = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      found[y * width + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return found;
}
