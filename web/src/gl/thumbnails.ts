/** Small coloured pictures. Browsers allow few WebGL contexts, so all thumbnails share one. */
import { Joiner } from './joiner';
import type { Chroma, Look } from '../lib/types';

let shared: Joiner | null = null;

/** Draw onto a 2D canvas at the bitmap's own size; grey while there is no chroma yet. */
export function drawThumbnail(
  target: HTMLCanvasElement,
  lightness: ImageBitmap,
  chroma: Chroma | null,
  look: Look,
): void {
  const { width, height } = lightness;
  target.width = width;
  target.height = height;
  const pen = target.getContext('2d');
  if (!pen) return;
  pen.drawImage(lightness, 0, 0);
  if (!chroma) return;
  try {
    if (!shared?.alive) shared = new Joiner(document.createElement('canvas'));
  } catch {
    return; // no WebGL: grey thumbnails; the stage says why
  }
  shared.setLightness(lightness);
  shared.setChroma(chroma);
  const size: [number, number] = [width, height];
  shared.draw({ width, height, offset: [0, 0], drawn: size, look, split: -1, doubt: false, density: 1 });
  pen.drawImage(shared.canvas, 0, 0);
}
