/** PNG's chunks: eXIf, XMP in an iTXt, other texts, and pHYs. */
import type { Beside } from './beside';
import { ascii, joined, startsWith, uint32, view, type Bytes } from './bytes';

const HEADER_END = 8 + 12 + 13; // signature and IHDR
const TEXTS = ['tEXt', 'zTXt', 'iTXt', 'tIME'];
const XMP = ascii('XML:com.adobe.xmp\0\0\0\0\0'); // not compressed, of no language
const INCH = 0.0254; // m

interface Chunk {
  type: string;
  data: Uint8Array;
  whole: Uint8Array; // with length and checksum
}

export function chunksOf(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view(bytes).getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    at = end;
  }
  return chunks;
}

export function readPng(bytes: Uint8Array): Beside {
  const said: Beside = { exif: null, xmp: null, jpeg: [], png: [], density: null };
  for (const { type, data, whole } of chunksOf(bytes)) {
    if (type === 'eXIf') said.exif = data.slice();
    else if (type === 'iTXt' && startsWith(data, XMP)) said.xmp = data.slice(XMP.length);
    else if (TEXTS.includes(type)) said.png.push(whole.slice());
    else if (type === 'pHYs') {
      const inch = (at: number) => Math.round(view(data).getUint32(at) * INCH);
      const metres = data[8] === 1;
      const x = metres ? inch(0) : view(data).getUint32(0);
      said.density = { x, y: metres ? inch(4) : view(data).getUint32(4), unit: metres ? 1 : 0 };
    }
  }
  return said;
}

export function barePng(bytes: Uint8Array): Blob {
  const kept = chunksOf(bytes).filter(({ type }) => type !== 'eXIf');
  return new Blob([joined(bytes.subarray(0, 8)), ...kept.map(({ whole }) => joined(whole))]);
}

export function writePng(bytes: Bytes, { exif, xmp, png, density }: Beside): Blob {
  const parts: BlobPart[] = [bytes.subarray(0, HEADER_END)];
  if (density) {
    const unit = density.unit === 2 ? 100 : density.unit === 1 ? 1 / INCH : 1;
    const sides = [density.x, density.y].map((count) => uint32(Math.round(count * unit)));
    parts.push(chunk('pHYs', joined(...sides, [density.unit ? 1 : 0])));
  }
  if (exif) parts.push(chunk('eXIf', exif));
  if (xmp) parts.push(chunk('iTXt', joined(XMP, xmp)));
  parts.push(...png.map((whole) => joined(whole)));
  return new Blob([...parts, bytes.subarray(HEADER_END)]);
}

export function chunk(type: string, data: Uint8Array): Bytes {
  const body = joined(ascii(type), data);
  return joined(uint32(data.length), body, uint32(checksum(body)));
}

/** CRC-32, as in ISO 3309. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRCS[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, crc) => {
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
