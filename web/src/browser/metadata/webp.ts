/** WebP's chunks: EXIF and XMP, which an extended header announces. */
import type { Beside } from './beside';
import { ascii, joined, uint32, view, type Bytes } from './bytes';
import { withoutPrefix } from './exif';

const [WITH_ALPHA, WITH_EXIF, WITH_XMP] = [0x10, 0x08, 0x04];

interface Chunk {
  type: string;
  data: Uint8Array;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view(bytes).getUint32(at + 4, true);
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length & 1);
  }
  return chunks;
}

export function readWebp(bytes: Uint8Array): Beside {
  const find = (type: string) =>
    chunksOf(bytes)
      .find((chunk) => chunk.type === type)
      ?.data.slice() ?? null;
  const exif = find('EXIF');
  return { exif: exif && withoutPrefix(exif), xmp: find('XMP '), jpeg: [], png: [], density: null };
}

/** Under a name that no reader knows it is passed over. */
export function bareWebp(bytes: Uint8Array): Blob {
  const copy = joined(bytes);
  const exif = chunksOf(copy).find(({ type }) => type === 'EXIF');
  if (exif) copy.set(ascii('none'), exif.data.byteOffset - 8);
  return new Blob([copy]);
}

export function writeWebp(bytes: Bytes, { exif, xmp }: Beside): Blob {
  const chunks = chunksOf(bytes);
  const pixels = chunks.filter(({ type }) => ['ALPH', 'VP8 ', 'VP8L'].includes(type));
  const { width, height, alpha } = sizeOf(chunks);
  const flags = (alpha ? WITH_ALPHA : 0) | (exif ? WITH_EXIF : 0) | (xmp ? WITH_XMP : 0);
  const side = (length: number) => uint32(length - 1, true).subarray(0, 3);
  const all: Chunk[] = [
    { type: 'VP8X', data: joined([flags, 0, 0, 0], side(width), side(height)) },
    ...pixels,
    ...(exif ? [{ type: 'EXIF', data: exif }] : []),
    ...(xmp ? [{ type: 'XMP ', data: xmp }] : []),
  ];
  const body = all.map(({ type, data }) =>
    joined(ascii(type), uint32(data.length, true), data, data.length & 1 ? [0] : []),
  );
  const length = 4 + body.reduce((sum, part) => sum + part.length, 0);
  return new Blob([ascii('RIFF'), uint32(length, true), ascii('WEBP'), ...body]);
}

/** From the extended header, or from the pixels' own. */
function sizeOf(chunks: Chunk[]): { width: number; height: number; alpha: boolean } {
  for (const { type, data } of chunks) {
    const at = view(data);
    if (type === 'VP8X') {
      const side = (offset: number) => 1 + (at.getUint32(offset, true) & 0xffffff);
      return {
        width: side(4),
        height: 1 + (at.getUint32(6, true) >>> 8),
        alpha: (at.getUint8(0) & WITH_ALPHA) > 0,
      };
    }
    if (type === 'VP8L') {
      const bits = at.getUint32(1, true);
      return {
        width: 1 + (bits & 0x3fff),
        height: 1 + ((bits >>> 14) & 0x3fff),
        alpha: (bits & 0x10000000) > 0,
      };
    }
    if (type === 'VP8 ') {
      return { width: at.getUint16(6, true) & 0x3fff, height: at.getUint16(8, true) & 0x3fff, alpha: false };
    }
  }
  throw new Error('a WebP without pixels');
}
