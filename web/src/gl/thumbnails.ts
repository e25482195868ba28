/** Small coloured pictures. Browsers allow few WebGL contexts, so all thumbnails share one. */
import { Joiner } from './joiner';
import type { Chroma, Look } from '../lib/types';

let made: Joiner | null = null;

/** The one that all share: made at the first need, or before, where there is time. */
export function ready(): Joiner | null {
  try {
    if (!made?.alive) made = new Joiner(document.createElement('canvas'));
    return made;
  } catch {
    return null;
  }
}

/** Draw a part of the picture's colours onto a 2D canvas; grey while there is no chroma yet.
 *
 * `side`: of the longer side, in pixels; the bitmap's own where left out. */
export function drawThumbnail(
  target: HTMLCanvasElement | OffscreenCanvas,
  lightness: ImageBitmap,
  chroma: Chroma | null,
  look: Look,
  side = Math.max(lightness.width, lightness.height),
): void {
  const scale = Math.min(1, side / Math.max(lightness.width, lightness.height));
  const size: [number, number] = [
    Math.max(1, Math.round(scale * lightness.width)),
    Math.max(1, Math.round(scale * lightness.height)),
  ];
  const [width, height] = size;
  target.width = width;
  target.height = height;
  const pen = target.getContext('2d') as CanvasRenderingContext2D | null;
  if (!pen) return;
  pen.drawImage(lightness, 0, 0, width, height);
  if (!chroma) return;
  const shared = ready();
  if (!shared) return; // no WebGL: grey thumbnails; the stage says why
  shared.setLightness(lightness, true);
  shared.setChroma(chroma);
  shared.draw({ width, height, offset: [0, 0], drawn: size, look, split: -1, density: 1 });
  pen.drawImage(shared.canvas, 0, 0);
}
