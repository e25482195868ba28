/** The open photograph on the stage's canvas: fetches its full-size lightness, and draws when anything changes. */
import { backend } from '#backend';
import { Joiner } from '../gl/joiner';
import { notices } from './notices.svelte';
import type { Photo } from './photo.svelte';
import type { Viewport } from './viewport.svelte';

const LARGEST_SIDE = 8192; // more than any screen shows; 64 MB on the card

export class PictureView {
  problem = $state('');
  sharp = $state.raw<ImageBitmap | null>(null); // until it is here, the thumbnail stands in

  #joiner = $state.raw<Joiner | null>(null);

  /** Begin on a canvas; returns how to stop. A reset of the graphics card is survived. */
  attach(canvas: HTMLCanvasElement): () => void {
    const begin = () => {
      try {
        this.#joiner = new Joiner(canvas);
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error);
      }
    };
    const lost = (event: Event) => {
      event.preventDefault(); // or else it is never restored
      this.#joiner = null;
    };
    canvas.addEventListener('webglcontextlost', lost);
    canvas.addEventListener('webglcontextrestored', begin);
    begin();
    return () => {
      canvas.removeEventListener('webglcontextlost', lost);
      canvas.removeEventListener('webglcontextrestored', begin);
      this.sharp?.close();
    };
  }

  /** Fetch a photograph's lightness; returns how to give it up. */
  load(photo: Photo): () => void {
    const abort = new AbortController();
    const side = Math.min(this.#joiner?.largestSide ?? LARGEST_SIDE, LARGEST_SIDE);
    void photo
      .ask((id) => backend.lightness(id, side, abort.signal))
      .then((bitmap) => {
        if (abort.signal.aborted) bitmap.close();
        else this.sharp = bitmap;
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) void notices.complain(error);
      });
    return () => {
      abort.abort();
      this.sharp?.close();
      this.sharp = null;
    };
  }

  /** Draw in the next frame; returns how to call it off. Reads all that it depends on at once, for `$effect`. */
  draw(photo: Photo, viewport: Viewport, split: number | null, doubt: boolean): () => void {
    const { transform, width, height } = viewport;
    const lightness = this.sharp ?? photo.thumbnail;
    const { session, chroma, edits } = photo;
    const joiner = this.#joiner;
    if (!joiner || !width) return () => {};
    if (!lightness || !session) {
      joiner.clear(); // or else the last photograph would stay
      return () => {};
    }
    const density = devicePixelRatio;
    const scale = transform.k * density;
    const frame = requestAnimationFrame(() => {
      joiner.setLightness(lightness);
      if (chroma) joiner.setChroma(chroma);
      joiner.draw({
        width: Math.round(width * density),
        height: Math.round(height * density),
        // Whole device pixels: at 100 % every pixel of the picture is one of the screen.
        offset: [Math.round(transform.x * density), Math.round(transform.y * density)],
        drawn: [session.width * scale, session.height * scale],
        look: chroma ? edits : { saturation: 0, warmth: 0, strength: 0 },
        split: split === null ? -1 : split * density,
        doubt,
        density,
      });
    });
    return () => cancelAnimationFrame(frame);
  }
}
