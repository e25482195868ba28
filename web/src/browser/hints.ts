/** Hints at the size that the network sees (guidance/hints.py, model/hint_field.py). */
import type { Hint } from '../lib/types';
import { abOfColor } from './spaces';

export const POINT = 5; // px a side of what a point says, at the size that the network sees

/** `ab` in CIELAB units; `mask` 0 (none) to 1 (sure). */
export class HintField {
  readonly ab: Float32Array;
  readonly mask: Float32Array;

  constructor(
    readonly height: number,
    readonly width: number,
  ) {
    this.ab = new Float32Array(2 * height * width);
    this.mask = new Float32Array(height * width);
  }

  /** Another hint: a square around a place, where the field ends cut off; it wins over others. */
  patch(row: number, column: number, size: number, [a, b]: readonly [number, number], trust = 1): void {
    const [top, left] = [row - (size >> 1), column - (size >> 1)];
    const plane = this.height * this.width;
    for (let y = Math.max(0, top); y < Math.min(this.height, top + size); y++) {
      for (let x = Math.max(0, left); x < Math.min(this.width, left + size); x++) {
        const at = y * this.width + x;
        this.ab[at] = a;
        this.ab[plane + at] = b;
        this.mask[at] = trust;
      }
    }
  }

  /** These hints, and the other's where these have none. */
  over(other: HintField): HintField {
    const both = new HintField(this.height, this.width);
    const plane = this.height * this.width;
    for (let at = 0; at < plane; at++) {
      const { ab, mask } = (this.mask[at] as number) > 0 ? this : other;
      both.ab[at] = ab[at] as number;
      both.ab[plane + at] = ab[plane + at] as number;
      both.mask[at] = mask[at] as number;
    }
    return both;
  }
}

/** Points in a picture's own pixels, brought to the network's size. */
export function placed(hints: Hint[], picture: Size, height: number, width: number): HintField {
  const field = new HintField(height, width);
  for (const hint of hints)
    field.patch(...cellOf(hint, picture, height, width), POINT, abOfColor(hint.color));
  return field;
}

interface Size {
  width: number;
  height: number;
}

/** Row and column of a place. */
export function cellOf(at: { x: number; y: number }, picture: Size, height: number, width: number) {
  const row = Math.min(height - 1, Math.floor((at.y * height) / picture.height));
  const column = Math.min(width - 1, Math.floor((at.x * width) / picture.width));
  return [row, column] as const;
}
