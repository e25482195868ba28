/** The open photograph on the stage's canvas: fetches its full-size lightness, and draws when anything changes. */
import { backend } from '#backend';
import { asShown } from '../gl/bitmap';
import { Joiner } from '../gl/joiner';
import { connection } from './connection.svelte';
import { notices } from './notices.svelte';
import type { Photo } from './photo.svelte';
import type { Viewport } from './viewport.svelte';

const LARGEST_SIDE = 8192; // more than any screen shows; 64 MB on the card
const GRAY = { saturation: 0, warmth: 0, strength: 0 };

export class PictureView {
  problem = $state('');
  sharp = $state.raw<ImageBitmap | null>(null); // until it is here, the thumbnail stands in
  before = $state.raw<ImageBitmap | null>(null); // the file's own colours at full size, where it has some

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
      this.before?.close();
    };
  }

  get #side(): number {
    return Math.min(this.#joiner?.largestSide ?? LARGEST_SIDE, LARGEST_SIDE);
  }

  /** Fetch a photograph's lightness; returns how to give it up. */
  load(photo: Photo): () => void {
    const side = this.#side;
    return fetched(
      (signal) => photo.ask((id) => backend.lightness(id, side, signal), signal),
      (bitmap) => {
        this.sharp?.close();
        this.sharp = bitmap;
      },
    );
  }

  /** Fetch what a toned photograph was before; returns how to give it up. */
  loadBefore(photo: Photo): () => void {
    const side = this.#side;
    return fetched(
      async (signal) => {
        const shown = await asShown(photo.file);
        if (shown && Math.max(shown.width, shown.height) <= side) return shown;
        return photo.ask((id) => backend.original(id, side, signal), signal);
      },
      (bitmap) => {
        this.before?.close();
        this.before = bitmap;
      },
    );
  }

  /** Draw in the next frame; returns how to call it off. Reads all that it depends on at once, for `$effect`.
   *
   * `split`: from where on, in CSS pixels, there is colour; null: everywhere. */
  draw(photo: Photo, viewport: Viewport, split: number | null): () => void {
    const { transform, width, height } = viewport;
    const { size, appearance, local } = photo;
    const known = this.sharp ?? photo.thumbnail;
    const chroma = photo.tried ?? photo.chroma;
    const before = this.before ?? (photo.tone === 'gray' && known ? null : local);
    const joiner = this.#joiner;
    if (!joiner || !width) return () => {};
    if (!(known ?? local) || !size) {
      joiner.clear(); // or else the last photograph would stay
      return () => {};
    }
    const density = devicePixelRatio;
    const scale = transform.k * density;
    const frame = requestAnimationFrame(() => {
      joiner.setLightness(known, photo.session?.has_alpha ?? false);
      joiner.setOriginal(before);
      if (chroma) joiner.setChroma(chroma);
      joiner.draw({
        width: Math.round(width * density),
        height: Math.round(height * density),
        // Whole device pixels: at 100 % every pixel of the picture is one of the screen.
        offset: [Math.round(transform.x * density), Math.round(transform.y * density)],
        drawn: [size.width * scale, size.height * scale],
        look: chroma ? appearance : GRAY,
        split: chroma && known ? (split === null ? -1 : split * density) : 1e9,
        density,
      });
    });
    return () => cancelAnimationFrame(frame);
  }
}

/** A bitmap that may be given up; asked for again when a backend that was away is back. */
function fetched(
  ask: (signal: AbortSignal) => Promise<ImageBitmap>,
  take: (bitmap: ImageBitmap | null) => void,
): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const begin = () => {
    if (signal.aborted) return;
    ask(signal).then(
      (bitmap) => (signal.aborted ? bitmap.close() : take(bitmap)),
      (error: unknown) => {
        if (signal.aborted) return;
        if (!backend.isAway(error)) return void notices.complain(error);
        connection.lost();
        connection.onceBack(begin);
      },
    );
  };
  begin();
  return () => {
    abort.abort();
    take(null);
  };
}
