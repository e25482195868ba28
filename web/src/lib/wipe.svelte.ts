/** The moment in which a photograph gets its colours: they come in from the right, once. */
import type { Photo } from './photo.svelte';

const LONG = 700; // ms

export class Wipe {
  at = $state<number | null>(null); // share of the picture that is still as it was
  #watched: Photo | null = null; // seen without colours
  #frame = 0;

  /** Another photograph is on the stage; returns how to stop. */
  watch(photo: Photo): () => void {
    this.#watched = photo.state === 'ready' ? null : photo;
    return () => {
      cancelAnimationFrame(this.#frame);
      this.at = null;
    };
  }

  /** Begin as soon as the photograph that was seen without colours has them. */
  see(photo: Photo, colored: boolean): void {
    if (!colored || this.#watched !== photo) return;
    this.#watched = null;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const began = performance.now();
    const step = (now: number) => {
      const share = Math.min(1, Math.max(0, now - began) / LONG);
      this.at = share < 1 ? (1 - share) ** 2 : null;
      if (share < 1) this.#frame = requestAnimationFrame(step);
    };
    this.at = 1;
    this.#frame = requestAnimationFrame(step);
  }
}
