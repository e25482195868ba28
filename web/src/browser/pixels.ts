/** A decoded picture, upright, and its lightness. */
import { fTable, fToSrgb, labF, linearTable, luminance, srgbToLightness } from './spaces';
import { resized } from './resize';

/** Interleaved sRGB codes: grey, grey and alpha, RGB, or RGB and alpha; of 8 or of 16 bits. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

export function isDeep(pixels: Pixels): boolean {
  return pixels.data instanceof Uint16Array;
}

export function hasAlpha(pixels: Pixels): boolean {
  return pixels.channels === 2 || pixels.channels === 4;
}

/** The same in one channel where nothing in it has a colour or is transparent, and without alpha where all is opaque. */
export function compact(pixels: Pixels): Pixels {
  const { channels, data } = pixels;
  if (channels < 3) return pixels;
  const count = pixels.width * pixels.height;
  const opaque = isDeep(pixels) ? 65535 : 255;
  let gray = true;
  let solid = true;
  for (let at = 0; at < count * channels && (gray || solid); at += channels) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) gray = false;
    if (channels === 4 && data[at + 3] !== opaque) solid = false;
  }
  const kept = gray ? (solid ? [0] : [0, channels - 1]) : solid ? [0, 1, 2] : [0, 1, 2, 3];
  if (kept.length === channels) return pixels;
  const out = isDeep(pixels) ? new Uint16Array(count * kept.length) : new Uint8Array(count * kept.length);
  let to = 0;
  for (let at = 0; at < count * channels; at += channels) for (const k of kept) out[to++] = data[at + k] ?? 0;
  return { ...pixels, channels: kept.length as Pixels['channels'], data: out };
}

/** L* 0..100 of the whole picture, well averaged, as a network sees it. `kind`: the file's format. */
export function smallLightness(pixels: Pixels, width: number, height: number, kind: string): Float32Array {
  const small = resized(pixels, width, height, kind === 'jpeg');
  if (small.channels < 3) {
    const largest = isDeep(small) ? 65535 : 255;
    return Float32Array.from({ length: width * height }, (_, at) =>
      srgbToLightness((small.data[at * small.channels] ?? 0) / largest),
    );
  }
  const f = new Float32Array(width * height);
  lightnessRow(small, 0, f);
  return f.map((fy) => 116 * fy - 16);
}

/** f(Y) of the pixels from the `first` on, as many as `out` holds. */
export function lightnessRow(pixels: Pixels, first: number, out: Float32Array): void {
  const { channels, data } = pixels;
  if (channels < 3) {
    const f = fTable(isDeep(pixels));
    for (let n = 0; n < out.length; n++) out[n] = f[data[(first + n) * channels] as number] as number;
    return;
  }
  const linear = linearTable(isDeep(pixels));
  for (let n = 0, at = first * channels; n < out.length; n++, at += channels) {
    const [r, g, b] = [
      linear[data[at] as number],
      linear[data[at + 1] as number],
      linear[data[at + 2] as number],
    ];
    out[n] = labF(luminance(r as number, g as number, b as number));
  }
}

/** Neutral sRGB codes of 8 bits, and the alpha beside them: what a preview is joined from. */
export function lightnessImage(pixels: Pixels): ImageData {
  const { width, channels, data } = pixels;
  const row = new Float32Array(width);
  const eight = toEight(pixels);
  return imageOf(pixels, (at) => {
    if (channels < 3) return eight(data[at * channels] as number) * 0x010101;
    if (at % width === 0) lightnessRow(pixels, at, row);
    return Math.round(255 * fToSrgb(row[at % width] as number)) * 0x010101;
  });
}

/** The picture in its own colours. */
export function colorImage(pixels: Pixels): ImageData {
  const { channels, data } = pixels;
  const eight = toEight(pixels);
  return imageOf(pixels, (at) => {
    const [r = 0, g = 0, b = 0] = channels < 3 ? [0, 0, 0] : [0, 1, 2];
    const code = (channel: number) => eight(data[at * channels + channel] as number);
    return code(r) | (code(g) << 8) | (code(b) << 16);
  });
}

/** RGBA of 8 bits; `color` gives a pixel's as a word, and is asked from top to bottom. */
function imageOf(pixels: Pixels, color: (at: number) => number): ImageData {
  const { width, height, channels, data } = pixels;
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer); // little-endian, as machines are
  const eight = toEight(pixels);
  const alpha = hasAlpha(pixels);
  for (let at = 0; at < words.length; at++) {
    const opacity = alpha ? eight(data[(at + 1) * channels - 1] as number) : 255;
    words[at] = color(at) | (opacity << 24);
  }
  return image;
}

function toEight(pixels: Pixels): (code: number) => number {
  return isDeep(pixels) ? (code) => ((code + 128) / 257) | 0 : (code) => code;
}
