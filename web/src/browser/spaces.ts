/** sRGB and CIELAB under D65, as color/spaces.py has them. */
import { fInverse } from '../gl/gamut';

// Linear sRGB -> X/Xn, Y/Yn, Z/Zn: color/spaces.py's RGB_TO_XYZ, divided by the white point.
const RGB_TO_F = [
  [0.412453 / 0.95047, 0.35758 / 0.95047, 0.180423 / 0.95047],
  [0.212671, 0.71516, 0.072169],
  [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
] as const;

export function srgbToLinear(encoded: number): number {
  return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
}

export function linearToSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** CIELAB's f: a cube root with a linear toe. */
export function labF(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

/** L* 0..100, a and b of linear sRGB. */
export function linearToLab(r: number, g: number, b: number): [number, number, number] {
  const [fx, fy, fz] = RGB_TO_F.map(([x, y, z]) => labF(x * r + y * g + z * b)) as [number, number, number];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** CIELAB's a and b of `#rrggbb`. */
export function abOfColor(color: string): [number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => srgbToLinear(parseInt(color.slice(at, at + 2), 16) / 255));
  const [, a, bStar] = linearToLab(r ?? 0, g ?? 0, b ?? 0);
  return [a, bStar];
}

/** L* of neutral sRGB, 0..1. */
export function srgbToLightness(gray: number): number {
  return 116 * labF(srgbToLinear(gray)) - 16;
}

/** Neutral sRGB, 0..1, of f(Y). */
export function fToSrgb(fy: number): number {
  return linearToSrgb(fInverse(fy));
}

const tables = new Map<string, Float64Array>();

/** A function of every code of 8 or 16 bits; made once. */
function table(name: string, deep: boolean, of: (share: number) => number): Float64Array {
  const key = `${name}${deep}`;
  let found = tables.get(key);
  if (!found) {
    const largest = deep ? 65535 : 255;
    found = Float64Array.from({ length: largest + 1 }, (_, code) => of(code / largest));
    tables.set(key, found);
  }
  return found;
}

/** Linear light of every sRGB code. */
export function linearTable(deep: boolean): Float64Array {
  return table('linear', deep, srgbToLinear);
}

/** f(Y) of every neutral sRGB code. */
export function fTable(deep: boolean): Float64Array {
  return table('f', deep, (share) => labF(srgbToLinear(share)));
}

/** Y of linear sRGB. */
export function luminance(r: number, g: number, b: number): number {
  return 0.212671 * r + 0.71516 * g + 0.072169 * b;
}
