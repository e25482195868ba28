/** A PNG of 8 or 16 bits a channel. A canvas would write 8, always with alpha, and spoil the colours beneath it. */
import { deflated } from './deflate';
import { ascii, joined, uint32, type Bytes } from './metadata/bytes';
import { chunk } from './metadata/png';
import { isDeep, type Pixels } from './pixels';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 };
const PAETH = 4;

export async function encodePng(pixels: Pixels): Promise<Blob> {
  const { width, height, channels } = pixels;
  const depth = isDeep(pixels) ? 16 : 8;
  const header = joined(uint32(width), uint32(height), [depth, COLOR_TYPES[channels], 0, 0, 0]);
  const data = await deflated(filtered(pixels));
  const parts = [chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', ascii(''))];
  return new Blob([joined(SIGNATURE), ...parts], { type: 'image/png' });
}

/** Every row as differences from what its left and upper neighbours foretell (PNG, section 9.4). */
function filtered(pixels: Pixels): Bytes {
  const bytes = bigEndian(pixels);
  const step = bytes.length / pixels.width / pixels.height; // bytes a pixel
  const across = step * pixels.width;
  const out = new Uint8Array((across + 1) * pixels.height);
  for (let y = 0, to = 0; y < pixels.height; y++) {
    out[to++] = PAETH;
    for (let x = 0, at = y * across; x < across; x++, at++) {
      const left = x < step ? 0 : (bytes[at - step] as number);
      const up = y ? (bytes[at - across] as number) : 0;
      const corner = y && x >= step ? (bytes[at - across - step] as number) : 0;
      out[to++] = (bytes[at] as number) - paeth(left, up, corner);
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const [byLeft, byUp] = [Math.abs(up - corner), Math.abs(left - corner)];
  const byCorner = Math.abs(left + up - 2 * corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function bigEndian({ data }: Pixels): Uint8Array {
  if (!(data instanceof Uint16Array)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const out = new Uint8Array(2 * data.length);
  for (let n = 0; n < data.length; n++) {
    out[2 * n] = (data[n] as number) >> 8;
    out[2 * n + 1] = data[n] as number;
  }
  return out;
}
