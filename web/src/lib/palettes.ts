/** Likely colours of places, each asked for once. */
import type { Swatch } from './types';

const MOST = 64;

export class Palettes {
  readonly #known = new Map<string, Promise<Swatch[]>>();

  /** What is known by that key, or is asked now. An answer that failed is not kept. */
  get(key: string, ask: () => Promise<Swatch[]>): Promise<Swatch[]> {
    const known = this.#known.get(key);
    if (known) return known;
    const asked = ask();
    this.#known.set(key, asked);
    asked.catch(() => this.#known.delete(key));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return asked;
  }
}
