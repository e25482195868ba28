/** JPEG's segments: EXIF and XMP in APP1, IPTC in APP13, comments, and JFIF's density. */
import type { Beside } from './beside';
import { ascii, joined, startsWith, view, type Bytes } from './bytes';

const [APP0, APP1, APP13, COMMENT, START_OF_SCAN] = [0xe0, 0xe1, 0xed, 0xfe, 0xda];
const JFIF = ascii('JFIF\0');
const EXIF = ascii('Exif\0\0');
const XMP = ascii('http://ns.adobe.com/xap/1.0/\0');
const LONGEST = 65533; // bytes of a segment's content

interface Segment {
  marker: number;
  content: Uint8Array;
  whole: Uint8Array; // with marker and length
}

/** Up to the pixels. */
function segmentsOf(bytes: Uint8Array): { segments: Segment[]; rest: number } {
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++; // padding
      continue;
    }
    if (marker === START_OF_SCAN) break;
    const end = at + 2 + view(bytes).getUint16(at + 2);
    segments.push({ marker, content: bytes.subarray(at + 4, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return { segments, rest: at };
}

export function readJpeg(bytes: Uint8Array): Beside {
  const said: Beside = { exif: null, xmp: null, jpeg: [], png: [], density: null };
  for (const { marker, content, whole } of segmentsOf(bytes).segments) {
    if (marker === APP1 && startsWith(content, EXIF)) said.exif ??= content.slice(EXIF.length);
    else if (marker === APP1 && startsWith(content, XMP)) said.xmp ??= content.slice(XMP.length);
    else if (marker === APP13 || marker === COMMENT) said.jpeg.push(whole.slice());
    else if (marker === APP0 && startsWith(content, JFIF)) {
      const at = view(content);
      said.density = { unit: at.getUint8(7), x: at.getUint16(8), y: at.getUint16(10) };
    }
  }
  return said;
}

export function writeJpeg(bytes: Bytes, { exif, xmp, jpeg, density }: Beside): Blob {
  const { segments, rest } = segmentsOf(bytes);
  const { unit, x, y } = density ?? { unit: 0, x: 1, y: 1 };
  const jfif = joined(JFIF, [1, 2, unit, x >> 8, x & 255, y >> 8, y & 255, 0, 0]);
  const parts = [joined([0xff, 0xd8]), segment(APP0, jfif)];
  if (exif && exif.length + EXIF.length <= LONGEST) parts.push(segment(APP1, joined(EXIF, exif)));
  if (xmp && xmp.length + XMP.length <= LONGEST) parts.push(segment(APP1, joined(XMP, xmp)));
  parts.push(...jpeg.map((whole) => joined(whole)));
  const tables = segments.filter(({ marker }) => marker < APP0 || marker > 0xef); // all but its own APPn
  return new Blob([...parts, ...tables.map(({ whole }) => joined(whole)), bytes.subarray(rest)]);
}

function segment(marker: number, content: Uint8Array): Bytes {
  const length = content.length + 2;
  return joined([0xff, marker, length >> 8, length & 255], content);
}
