/**
 * The same table that the server pulls chroma in with (color/join.py, `_chroma_limit`): the largest chroma inside
 * sRGB by lightness and diamond angle. With the same table both halves agree, at the gamut's edge too.
 */
export const L_STEPS = 200;
export const TURN_STEPS = 360;

// XYZ of D65 white -> linear sRGB, the white point multiplied in: color/spaces.py's XYZ_TO_RGB * WHITE.
export const F_TO_LINEAR: readonly (readonly [number, number, number])[] = [
  [3.079980302271805, -1.5371515162713185, -0.5428213080224701],
  [-0.9212477523232383, 1.8759900014898907, 0.045247339514465995],
  [0.05289046109881183, -0.20404133836651123, 1.1512320119619401],
];

let limits: Float32Array | undefined;

/** `L_STEPS` rows of `TURN_STEPS` cells, each holding its corners' least. Made once, in some 50 ms. */
export function chromaLimits(): Float32Array {
  limits ??= makeLimits();
  return limits;
}

function makeLimits(): Float32Array {
  const width = TURN_STEPS + 1;
  const corners = new Float64Array((L_STEPS + 1) * width);
  for (let row = 0; row <= L_STEPS; row++) {
    for (let column = 0; column <= TURN_STEPS; column++) {
      corners[row * width + column] = maxChroma((100 * row) / L_STEPS, (4 * column) / TURN_STEPS - 1);
    }
  }
  const at = (row: number, column: number) => corners[row * width + column] ?? 0;
  const cells = new Float32Array(L_STEPS * TURN_STEPS);
  for (let row = 0; row < L_STEPS; row++) {
    for (let column = 0; column < TURN_STEPS; column++) {
      cells[row * TURN_STEPS + column] = Math.min(
        at(row, column),
        at(row + 1, column),
        at(row, column + 1),
        at(row + 1, column + 1),
      );
    }
  }
  return cells;
}

/** By bisection, as color/gamut.py's `max_chroma_at`. `turn` is the diamond angle, -1..3. */
function maxChroma(L: number, turn: number): number {
  const y = turn > 1 ? 2 - turn : turn;
  const x = (turn > 1 ? -1 : 1) * (1 - Math.abs(y));
  const length = Math.hypot(x, y);
  const fy = (L + 16) / 116;
  let low = 0;
  let high = 140;
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (inside(fy, ((middle * x) / length) * (1 / 500), ((middle * y) / length) * (-1 / 200))) low = middle;
    else high = middle;
  }
  return low;
}

/** Whether f(Y), and what a and b add to f(X) and f(Z), are a colour of sRGB. */
export function inside(fy: number, dx: number, dz: number): boolean {
  const X = fInverse(fy + dx);
  const Y = fInverse(fy);
  const Z = fInverse(fy + dz);
  return F_TO_LINEAR.every(([x, y, z]) => {
    const linear = x * X + y * Y + z * Z;
    return linear >= -1e-6 && linear <= 1 + 1e-6;
  });
}

/** CIELAB's f, undone. */
export function fInverse(f: number): number {
  return f > 0.2068966 ? f ** 3 : (f - 16 / 116) / 7.787;
}

/** L* of `#rrggbb`. */
export function lightnessOf(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const code = parseInt(hex.slice(at, at + 2), 16) / 255;
    return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
  });
  const Y = 0.212671 * r + 0.71516 * g + 0.072169 * b;
  return 116 * (Y > 0.008856 ? Math.cbrt(Y) : 7.787 * Y + 16 / 116) - 16;
}
