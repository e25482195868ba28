/** What a file says beside its pixels, copied from the original to the result: the segments as they are. */
import { readJpeg, writeJpeg } from './jpeg';
import { barePng, readPng, writePng } from './png';
import { bareWebp, readWebp, writeWebp } from './webp';
import { orientationOf, uprightExif } from './exif';
import { marked, uprightXmp } from './xmp';

export interface Beside {
  exif: Uint8Array | null; // a TIFF block
  xmp: Uint8Array | null; // a packet
  jpeg: Uint8Array[]; // whole segments that only a JPEG can hold: IPTC in Photoshop's resources, comments
  png: Uint8Array[]; // whole chunks that only a PNG can hold: texts
  density: Density | null;
}

/** Pixels per unit: 0 none (an aspect ratio), 1 an inch, 2 a centimetre, as JFIF has it. */
export interface Density {
  x: number;
  y: number;
  unit: number;
}

export const NOTHING: Beside = { exif: null, xmp: null, jpeg: [], png: [], density: null };

/** Of a JPEG, a PNG or a WebP; nothing of others. */
export function besideOf(kind: string, bytes: Uint8Array): Beside {
  const read = { jpeg: readJpeg, png: readPng, webp: readWebp }[kind];
  return read ? read(bytes) : NOTHING;
}

/** A PNG or a WebP that says nothing of its orientation. */
export function withoutExif(kind: string, bytes: Uint8Array): Blob {
  return kind === 'png' ? barePng(bytes) : bareWebp(bytes);
}

/** `bytes`, a file without any, with all that its format can hold; upright, and marked as machine-coloured. */
export function withBeside(format: string, bytes: Uint8Array<ArrayBuffer>, said: Beside): Blob {
  const exif = said.exif && uprightExif(said.exif).block;
  const xmp = marked(said.xmp && uprightXmp(said.xmp, orientationOf(said.exif)));
  const write = { jpeg: writeJpeg, png: writePng, webp: writeWebp }[format];
  return write ? write(bytes, { ...said, exif, xmp }) : new Blob([bytes]);
}
