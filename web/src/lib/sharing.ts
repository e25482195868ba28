/** Before and after in one picture, to be shown to others: side by side, or with the colours coming in. */
import { GIFEncoder, applyPalette, quantize } from 'gifenc';
import { drawThumbnail } from '../gl/thumbnails';
import { backend } from '#backend';
import type { Photo } from './photo.svelte';

const SIDE = 1200; // px of each half's longer side: as large as is sent around
const MOVING = 560; // px; a GIF of more weighs too much
const GAP = 0.01; // of the width
const STEPS = 14; // pictures of a wipe
const LINGER = 1200; // ms on either end
const PACE = 60; // ms a picture

/** A JPEG, twice as wide as the photograph. */
export async function sideBySide(photo: Photo): Promise<File> {
  const { before, after } = await halves(photo, SIDE);
  const { width, height } = after;
  const tall = width > 1.4 * height; // wide photographs stand above each other
  const gap = Math.round(GAP * Math.max(width, height));
  const canvas = new OffscreenCanvas(tall ? width : 2 * width + gap, tall ? 2 * height + gap : height);
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(before, 0, 0, width, height);
  pen.drawImage(after, tall ? 0 : width + gap, tall ? height + gap : 0);
  return named(photo, 'jpg', await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 }));
}

/** A GIF in which a line goes to and fro between the two. */
export async function wiping(photo: Photo): Promise<File> {
  const { before, after } = await halves(photo, MOVING);
  const { width, height } = after;
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  const frame = (share: number): Uint8ClampedArray => {
    const edge = Math.round(share * width);
    pen.drawImage(before, 0, 0, width, height);
    if (edge) pen.drawImage(after, 0, 0, edge, height, 0, 0, edge, height);
    if (edge && edge < width) {
      pen.fillStyle = '#fff';
      pen.fillRect(edge - 1, 0, 2, height);
    }
    return pen.getImageData(0, 0, width, height).data;
  };
  const palette = quantize(frame(0.5), 256); // grey and coloured halves, both in one
  const gif = GIFEncoder();
  for (let step = 0; step <= STEPS; step++) {
    const ends = step === 0 || step === STEPS;
    const index = applyPalette(frame(step / STEPS), palette);
    gif.writeFrame(index, width, height, {
      palette: step ? undefined : palette,
      delay: ends ? LINGER : PACE,
    });
    await new Promise((done) => setTimeout(done)); // the page stays awake
  }
  gif.finish();
  return named(photo, 'gif', new Blob([gif.bytes() as BlobPart], { type: 'image/gif' }));
}

async function halves(
  photo: Photo,
  side: number,
): Promise<{ before: ImageBitmap | OffscreenCanvas; after: OffscreenCanvas }> {
  const lightness = await photo.ask((id) => backend.lightness(id, side));
  const after = new OffscreenCanvas(1, 1);
  drawThumbnail(after, lightness, photo.chroma, photo.edits);
  const before = photo.tone === 'gray' ? lightness : (photo.local ?? lightness);
  return { before, after };
}

function named(photo: Photo, suffix: string, blob: Blob): File {
  const stem = photo.file.name.replace(/\.[^.]+$/, '');
  return new File([blob], `${stem}.before-and-after.${suffix}`, { type: blob.type });
}
