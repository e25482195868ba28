/** A small field of colour, enlarged and joined with full-size lightness: color/join.py, and the shader in gl/. */
import { chromaLimits, F_TO_LINEAR, fInverse, L_STEPS, TURN_STEPS } from '../gl/gamut';
import type { Chroma, Look } from '../lib/types';
import { lightnessRow, type Pixels } from './pixels';
import { linearToSrgb } from './spaces';

const WARMTH = 12; // color/look.py: b at the warmest
const LINEAR_STEPS = 65535;
const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = F_TO_LINEAR as [Triple, Triple, Triple];
type Triple = [number, number, number];

/** sRGB of the whole picture, three channels a pixel, in 8 or in 16 bits; `put` is given every row. */
export function join(pixels: Pixels, chroma: Chroma, look: Look, deep: boolean, put: PutRow): void {
  const { width, height } = pixels;
  const encode = encodingTable(deep);
  const wide = widened(chroma, look, width);
  const taps = bicubicTaps(chroma.height, height);
  const limits = chromaLimits();
  const [f, dx, dz] = [new Float32Array(width), new Float32Array(width), new Float32Array(width)];
  const row = deep ? new Uint16Array(3 * width) : new Uint8Array(3 * width);
  for (let y = 0; y < height; y++) {
    lightnessRow(pixels, y * width, f);
    combine(wide[0], taps, y, width, dx);
    combine(wide[1], taps, y, width, dz);
    for (let x = 0, to = 0; x < width; x++) {
      const fy = f[x] as number;
      let addX = dx[x] as number;
      let addZ = dz[x] as number;
      const Y = fInverse(fy);
      let X = fInverse(fy + addX);
      let Z = fInverse(fy + addZ);
      let r = RX * X + RY * Y + RZ * Z;
      let g = GX * X + GY * Y + GZ * Z;
      let b = BX * X + BY * Y + BZ * Z;
      if (Math.min(r, g, b) < -1e-4 || Math.max(r, g, b) > 1.0001) {
        const scale = pullIn(fy, 500 * addX, -200 * addZ, limits);
        addX *= scale;
        addZ *= scale;
        X = fInverse(fy + addX);
        Z = fInverse(fy + addZ);
        r = RX * X + RY * Y + RZ * Z;
        g = GX * X + GY * Y + GZ * Z;
        b = BX * X + BY * Y + BZ * Z;
      }
      row[to++] = encode[step(r)] as number;
      row[to++] = encode[step(g)] as number;
      row[to++] = encode[step(b)] as number;
    }
    put(row, y);
  }
}

export type PutRow = (row: Uint8Array | Uint16Array, y: number) => void;

function step(linear: number): number {
  return Math.min(Math.max(linear * LINEAR_STEPS + 0.5, 0), LINEAR_STEPS) | 0;
}

/** Factor 0..1 on chroma that brings a colour to the gamut's edge, at constant L and hue. */
function pullIn(fy: number, a: number, b: number, limits: Float32Array): number {
  let turn = b / Math.max(Math.abs(a) + Math.abs(b), 1e-6); // the diamond angle: -1..3 around the circle
  if (a < 0) turn = 2 - turn;
  const column = Math.trunc((turn + 1) * (TURN_STEPS / 4)) % TURN_STEPS;
  const row = Math.min(Math.max(Math.trunc((116 * fy - 16) * (L_STEPS / 100)), 0), L_STEPS - 1);
  return Math.min(
    1,
    (limits[row * TURN_STEPS + column] as number) / Math.sqrt(Math.max(a * a + b * b, 1e-6)),
  );
}

/** What a and b, with their look, add to f(X) and f(Z): two planes of the picture's width and the field's height. */
function widened(chroma: Chroma, look: Look, width: number): [Float32Array, Float32Array] {
  const { ab, height, width: small } = chroma;
  const { places, weights } = bicubicTaps(small, width);
  const plane = (number: 0 | 1) => {
    const shift = number ? WARMTH * look.warmth : 0;
    const scale = number ? -1 / 200 : 1 / 500;
    const out = new Float32Array(height * width);
    for (let y = 0; y < height; y++) {
      const from = (number * height + y) * small;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let tap = 4 * x; tap < 4 * x + 4; tap++) {
          sum += (weights[tap] as number) * (ab[from + (places[tap] as number)] as number);
        }
        out[y * width + x] = (sum * look.saturation + shift) * look.strength * scale;
      }
    }
    return out;
  };
  return [plane(0), plane(1)];
}

/** One of the picture's rows. */
function combine(wide: Float32Array, taps: Taps, y: number, width: number, out: Float32Array): void {
  const { places, weights } = taps;
  const [p0, p1, p2, p3] = [0, 1, 2, 3].map((tap) => (places[4 * y + tap] as number) * width) as Four;
  const [w0, w1, w2, w3] = [0, 1, 2, 3].map((tap) => weights[4 * y + tap] as number) as Four;
  for (let x = 0; x < width; x++) {
    out[x] =
      w0 * (wide[p0 + x] as number) +
      w1 * (wide[p1 + x] as number) +
      w2 * (wide[p2 + x] as number) +
      w3 * (wide[p3 + x] as number);
  }
}

type Four = [number, number, number, number];

interface Taps {
  places: Int32Array;
  weights: Float64Array;
}

/** Which four of `small` samples make each of `large`: Catmull-Rom, pixel centres aligned, edges held. */
function bicubicTaps(small: number, large: number): Taps {
  const places = new Int32Array(4 * large);
  const weights = new Float64Array(4 * large);
  for (let n = 0; n < large; n++) {
    const center = ((n + 0.5) * small) / large - 0.5;
    for (let tap = 0; tap < 4; tap++) {
      const place = Math.floor(center) + tap - 1;
      const d = Math.abs(center - place);
      places[4 * n + tap] = Math.min(Math.max(place, 0), small - 1);
      weights[4 * n + tap] =
        d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2;
    }
  }
  return { places, weights };
}

const tables = new Map<boolean, Uint8Array | Uint16Array>();

/** Linear light in 65536 steps -> sRGB codes of 8 or 16 bits. */
function encodingTable(deep: boolean): Uint8Array | Uint16Array {
  let table = tables.get(deep);
  if (!table) {
    const largest = deep ? 65535 : 255;
    const codes = Array.from({ length: LINEAR_STEPS + 1 }, (_, n) =>
      Math.round(largest * linearToSrgb(n / LINEAR_STEPS)),
    );
    table = deep ? Uint16Array.from(codes) : Uint8Array.from(codes);
    tables.set(deep, table);
  }
  return table;
}
