/** Joined colours -> a file (imaging/writing.py). Chroma is what we add, so a JPEG may not halve it. */
import encodeJpeg from '@jsquash/jpeg/encode';
import type { Format } from '../lib/backend';
import type { Chroma, Look } from '../lib/types';
import { join } from './join';
import { hasAlpha, isDeep, lightnessImage, type Pixels } from './pixels';
import { encodePng } from './png';
import { encodeTiff } from './tiff';

const JPEG_QUALITY = 92;
const WEBP_QUALITY = 90;
const LONGEST = { jpeg: 65_500, webp: 16_383 }; // px of a side

/** The format of what comes from a file of some kind, where the user says nothing. */
export function ownFormat(kind: string): Format {
  return kind === 'jpeg' || kind === 'webp' || kind === 'tiff' ? kind : 'png';
}

/** `quality`: 1 to 100, of JPEG and WebP; null: ours. */
export async function encoded(
  pixels: Pixels,
  chroma: Chroma,
  look: Look,
  format: Format,
  quality: number | null,
): Promise<Blob> {
  const { width, height } = pixels;
  const longest = LONGEST[format as keyof typeof LONGEST];
  if (longest && Math.max(width, height) > longest) {
    throw new Error(
      `a side of ${Math.max(width, height)} pixels, and ${format} ends at ${longest}; choose PNG or TIFF`,
    );
  }
  if (format === 'tiff') return encodeTiff(colored(pixels, chroma, look, hasAlpha(pixels)));
  if (format === 'png') return encodePng(colored(pixels, chroma, look, hasAlpha(pixels)));
  const image = onCanvas(pixels, chroma, look, format === 'jpeg');
  if (format === 'jpeg') {
    // As libjpeg does it: mozjpeg's own ways take four times as long for a tenth of the bytes.
    const jpeg = await encodeJpeg(image, {
      quality: quality ?? JPEG_QUALITY,
      progressive: false,
      optimize_coding: false,
      quant_table: 0,
      auto_subsample: false,
      chroma_subsample: 1,
    });
    return new Blob([jpeg], { type: 'image/jpeg' });
  }
  return byBrowser(image, format, (quality ?? WEBP_QUALITY) / 100);
}

/** The colour alone: the most transparent picture that, laid over the grey one, colours it (server/layer.py). */
export function encodedLayer(pixels: Pixels, chroma: Chroma, look: Look): Promise<Blob> {
  const { width, height } = pixels;
  const gray = lightnessImage(pixels).data;
  const out = new Uint8Array(4 * width * height);
  const opacity = alphaOf(pixels);
  join(pixels, chroma, look, false, (row, y) => {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const under = gray[at] as number;
      const added = [0, 1, 2].map((c) => (row[3 * x + c] as number) - under);
      const shares = added.map((more) => Math.abs(more) / Math.max(more > 0 ? 255 - under : under, 1));
      const cover = Math.ceil(255 * Math.min(Math.max(...shares), 1)) / 255;
      added.forEach((more, c) => {
        out[at + c] = Math.round(Math.min(Math.max(under + more / Math.max(cover, 1 / 255), 0), 255));
      });
      out[at + 3] = Math.round(255 * cover * opacity(y * width + x));
    }
  });
  return encodePng({ width, height, channels: 4, data: out });
}

/** RGB, or RGB and alpha, as deep as the original. */
function colored(pixels: Pixels, chroma: Chroma, look: Look, alpha: boolean): Pixels {
  const { width, height } = pixels;
  const channels = alpha ? 4 : 3;
  const deep = isDeep(pixels);
  const data = deep ? new Uint16Array(channels * width * height) : new Uint8Array(channels * width * height);
  join(pixels, chroma, look, deep, (row, y) => {
    if (!alpha) return data.set(row, 3 * y * width);
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      for (let c = 0; c < 3; c++) data[4 * at + c] = row[3 * x + c] as number;
      data[4 * at + 3] = pixels.data[(at + 1) * pixels.channels - 1] as number;
    }
  });
  return { width, height, channels, data };
}

/** RGBA of 8 bits; for a format without transparency laid on white. */
function onCanvas(pixels: Pixels, chroma: Chroma, look: Look, flat: boolean): ImageData {
  const { width, height } = pixels;
  const image = new ImageData(width, height);
  const opacity = alphaOf(pixels);
  join(pixels, chroma, look, false, (row, y) => {
    for (let x = 0, at = 4 * y * width; x < width; x++, at += 4) {
      const share = opacity(y * width + x);
      for (let c = 0; c < 3; c++) {
        const code = row[3 * x + c] as number;
        image.data[at + c] = flat ? code * share + 255 * (1 - share) : code;
      }
      image.data[at + 3] = flat ? 255 : 255 * share;
    }
  });
  return image;
}

/** How opaque each pixel is, 0..1. */
function alphaOf(pixels: Pixels): (at: number) => number {
  if (!hasAlpha(pixels)) return () => 1;
  const { channels, data } = pixels;
  const opaque = isDeep(pixels) ? 65535 : 255;
  return (at) => (data[(at + 1) * channels - 1] as number) / opaque;
}

async function byBrowser(image: ImageData, format: Format, quality: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) throw new Error('too large for this browser; the command has no such limit');
  pen.putImageData(image, 0, 0);
  const type = `image/${format}`;
  const blob = await canvas.convertToBlob({ type, quality });
  if (blob.type !== type) throw new Error(`this browser writes no ${format}; choose PNG`);
  return blob;
}
