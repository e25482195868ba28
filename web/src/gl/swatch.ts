/** A hint travels as `#rrggbb`. In a dark or bright place few colours fit, and all would look alike: so a likely
 *  colour is shown, and sent, at a lightness at which its a and b fit whole. Its own lightness does not count. */
import { F_TO_LINEAR, fInverse, inside, lightnessOf } from './gamut';
import type { Swatch } from '../lib/types';

const DARKEST = 40;
const BRIGHTEST = 75;

/** A likely colour of a place: at the place's own lightness, and as a and b. */
export interface LikelyColor {
  hex: string;
  a: number;
  b: number;
  probability: number;
}

const MOST = 6; // colours that are offered
const ALIKE = 18; // ab units: nearer ones are one colour (guidance/palette.py)

export function offered(colors: LikelyColor[]): Swatch[] {
  const found = new Map<string, Swatch>(); // two bins may share a colour: their chances add up
  for (const { hex, a, b, probability } of colors) {
    const shown = showable(a, b, hex);
    const before = found.get(shown)?.probability ?? 0;
    found.set(shown, { hex: shown, a, b, probability: before + probability });
  }
  return [...found.values()];
}

/** With the colour that the place has now, which other hints may have given it, before the rest. */
export function withPresent(swatches: Swatch[], a: number, b: number): Swatch[] {
  if (swatches.some((swatch) => Math.hypot(swatch.a - a, swatch.b - b) < ALIKE)) return swatches;
  const present: Swatch = { hex: showable(a, b, '#909090'), a, b, probability: 0 };
  return [present, ...swatches].slice(0, MOST);
}

/** `likely` is the colour at the place's own lightness. */
export function showable(a: number, b: number, likely: string): string {
  const wanted = Math.min(Math.max(lightnessOf(likely), DARKEST), BRIGHTEST);
  for (let away = 0; away <= 60; away++) {
    for (const L of [wanted + away, wanted - away]) {
      const fy = (L + 16) / 116;
      if (L > 5 && L < 99 && inside(fy, a / 500, b / -200)) return hex(fy, a / 500, b / -200);
    }
  }
  return likely;
}

function hex(fy: number, dx: number, dz: number): string {
  const [X, Y, Z] = [fInverse(fy + dx), fInverse(fy), fInverse(fy + dz)];
  const digits = F_TO_LINEAR.map(([x, y, z]) => {
    const linear = Math.min(Math.max(x * X + y * Y + z * Z, 0), 1);
    const code = linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.round(255 * code)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${digits.join('')}`;
}
