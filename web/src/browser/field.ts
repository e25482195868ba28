/** Planes of float32 over a picture, and the frame that a network needs around them (model/sizes.py). */

export interface Field {
  channels: number;
  height: number;
  width: number;
  data: Float32Array; // plane by plane
}

const LONGEST = 4; // times the shorter side: longer panoramas are seen smaller

export interface Sizes {
  stride: number;
  output_stride: number;
  default_size: number;
}

/** Width and height at which a network sees a picture: same shape, multiples of its output's stride. */
export function networkSize(card: Sizes, width: number, height: number): [number, number] {
  const { output_stride: step, default_size: shorter } = card;
  const scale = Math.min(shorter / Math.min(width, height), (LONGEST * shorter) / Math.max(width, height));
  const size = (side: number) => Math.max(step, roundHalfEven((side * scale) / step) * step);
  return [size(width), size(height)];
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** A picture in the upper left corner of the size that a network can take. */
export class Frame {
  readonly paddedHeight: number;
  readonly paddedWidth: number;

  constructor(
    stride: number,
    readonly height: number,
    readonly width: number,
  ) {
    this.paddedHeight = Math.ceil(height / stride) * stride;
    this.paddedWidth = Math.ceil(width / stride) * stride;
  }

  /** A field of the picture as the network takes it: mirrored beyond the picture's edge, or zero there. */
  pad(field: Field, beyond: 'mirrored' | 'zero'): Field {
    const { channels, height, width, data } = field;
    const [rows, columns] = [this.paddedHeight, this.paddedWidth];
    const out = new Float32Array(channels * rows * columns);
    for (let plane = 0; plane < channels; plane++) {
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          if (beyond === 'zero' && (y >= height || x >= width)) continue;
          const at = (plane * height + mirrored(y, height)) * width + mirrored(x, width);
          out[(plane * rows + y) * columns + x] = data[at] as number;
        }
      }
    }
    return { channels, height: rows, width: columns, data: out };
  }

  /** What belongs to the picture of a field over the padded one, a cell that is half in it too. */
  cut(field: Field): Field {
    const height = Math.ceil((this.height * field.height) / this.paddedHeight);
    const width = Math.ceil((this.width * field.width) / this.paddedWidth);
    const data = new Float32Array(field.channels * height * width);
    for (let row = 0; row < field.channels * height; row++) {
      const from = (Math.floor(row / height) * field.height + (row % height)) * field.width;
      data.set(field.data.subarray(from, from + width), row * width);
    }
    return { channels: field.channels, height, width, data };
  }
}

/** numpy's "symmetric": the edge is repeated, and a short side mirrored as often as need be. */
function mirrored(at: number, length: number): number {
  const within = at % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
