/** EXIF's block, a TIFF without pixels: set upright, and without the old thumbnail, which is still grey. */
import { ascii, startsWith, view } from './bytes';

const ORIENTATION = 0x0112;
const PREFIX = ascii('Exif\0\0');

/** Some writers of WebP put JPEG's prefix before it. */
export function withoutPrefix(block: Uint8Array): Uint8Array {
  return startsWith(block, PREFIX) ? block.slice(PREFIX.length) : block;
}

/** 1 where nothing is said. */
export function orientationOf(block: Uint8Array | null): number {
  return block ? uprightExif(block).was : 1;
}

/** The block of the picture that has been turned; `was`: the orientation that it had. A block of no sense is left. */
export function uprightExif(original: Uint8Array): { block: Uint8Array; was: number } {
  const block = original.slice();
  const at = view(block);
  let was = 1;
  try {
    const little = at.getUint16(0) === 0x4949;
    const directory = at.getUint32(4, little);
    const count = at.getUint16(directory, little);
    for (let n = 0; n < count; n++) {
      const entry = directory + 2 + 12 * n;
      if (at.getUint16(entry, little) !== ORIENTATION) continue;
      was = at.getUint16(entry + 8, little);
      at.setUint16(entry + 8, 1, little);
    }
    at.setUint32(directory + 2 + 12 * count, 0, little); // no second directory: that is the thumbnail's
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short: as it was, then
  }
  return { block, was: was >= 1 && was <= 8 ? was : 1 };
}
