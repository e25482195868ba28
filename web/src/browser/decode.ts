/** A picture file -> its pixels, upright, as sRGB codes. */
import { decode as decodePng } from 'fast-png';
import { decode as decodeTiff, pageCount, type TiffIfd } from 'tiff';
import { besideOf, withoutExif } from './metadata/beside';
import { view } from './metadata/bytes';
import { orientationOf } from './metadata/exif';
import { chunksOf } from './metadata/png';
import { upright } from './orientation';
import { compact, type Pixels } from './pixels';

/** A line for the user: what is wrong with which picture. */
export class PictureProblem extends Error {
  override readonly name = 'PictureProblem';
}

const SRGB_GAMMA = 45455; // of light to code, times 100,000

const SIGNATURES: [string, (bytes: Uint8Array) => boolean][] = [
  ['jpeg', starts(0xff, 0xd8, 0xff)],
  ['png', starts(0x89, 0x50, 0x4e, 0x47)],
  ['tiff', starts(0x49, 0x49, 0x2a, 0)],
  ['tiff', starts(0x4d, 0x4d, 0, 0x2a)],
  ['gif', starts(0x47, 0x49, 0x46)],
  ['bmp', starts(0x42, 0x4d)],
  ['webp', (bytes) => text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP'],
  ['avif', (bytes) => text(bytes, 4, 12) === 'ftypavif'],
];

function starts(...signature: number[]): (bytes: Uint8Array) => boolean {
  return (bytes) => signature.every((byte, at) => bytes[at] === byte);
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

export interface Decoded {
  kind: string; // the format: jpeg, png, tiff, ...
  pixels: Pixels;
}

/** Throws a PictureProblem. */
export async function decoded(file: File): Promise<Decoded> {
  if (!file.size)
    throw new PictureProblem(`${file.name}: is empty (0 bytes); copy it again from where it came`);
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const kind = SIGNATURES.find(([, fits]) => fits(head))?.[0] ?? 'unknown';
  try {
    if (kind === 'tiff') return { kind, pixels: compact(await ofTiff(file)) };
    if (kind === 'png' || kind === 'webp') return { kind, pixels: compact(await turned(file, kind)) };
    return { kind, pixels: compact(await byBrowser(file)) };
  } catch (error) {
    if (error instanceof PictureProblem) throw error;
    if (kind === 'unknown')
      throw new PictureProblem(`${file.name}: is no picture that this browser can read`);
    throw new PictureProblem(`${file.name}: cannot be read: damaged, or too large for this browser`);
  }
}

/** In sRGB whatever its profile. */
async function byBrowser(file: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!pen) throw new Error('no canvas of that size');
    pen.drawImage(bitmap, 0, 0);
    return { width, height, channels: 4, data: pen.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** A PNG or a WebP: browsers do not agree on whether its EXIF turns it. */
async function turned(file: File, kind: string): Promise<Pixels> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const exact = kind === 'png' && isSpoiltByCanvas(bytes);
  const pixels = exact ? exactly(bytes) : await byBrowser(withoutExif(kind, bytes));
  return upright(pixels, orientationOf(besideOf(kind, bytes).exif));
}

/** Of 16 bits, or transparent; but where a profile must be heeded, only the browser can. */
function isSpoiltByCanvas(bytes: Uint8Array): boolean {
  const [depth, colorType] = [bytes[24], bytes[25]];
  if (depth !== 16 && colorType !== 4 && colorType !== 6) return false;
  const chunks = chunksOf(bytes);
  const has = (type: string) => chunks.some((chunk) => chunk.type === type);
  const gamma = chunks.find((chunk) => chunk.type === 'gAMA')?.data;
  const odd = gamma && !has('sRGB') && Math.abs(view(gamma).getUint32(0) - SRGB_GAMMA) > 1;
  return !odd && !['iCCP', 'cICP', 'tRNS', 'acTL'].some(has);
}

function exactly(bytes: Uint8Array): Pixels {
  const { width, height, channels, data } = decodePng(bytes, { checkCrc: true });
  return { width, height, channels: channels as Pixels['channels'], data };
}

async function ofTiff(file: File): Promise<Pixels> {
  const bytes = await file.arrayBuffer();
  const pages = pageCount(bytes);
  if (pages > 1) {
    throw new PictureProblem(
      `${file.name}: has ${pages} pages; the command colours them all: colorize ${file.name}`,
    );
  }
  try {
    const [page] = decodeTiff(bytes);
    const { width, height, data, components, type, bitsPerSample } = page as TiffIfd;
    if (type > 2 || components > 4 || bitsPerSample < 8) throw new Error('no grey and no RGB');
    if (!(data instanceof Uint8Array || data instanceof Uint16Array)) throw new Error('floats');
    return { width, height, channels: components as Pixels['channels'], data };
  } catch {
    throw new PictureProblem(`${file.name}: a TIFF that only the command reads: colorize ${file.name}`);
  }
}
