/** One photograph before the network, and all that can be asked of its colours (session.py). */
import type { LikelyColor } from '../gl/swatch';
import type { Chroma, Edits, Hint } from '../lib/types';
import type { Field } from './field';
import { cellOf, HintField, placed } from './hints';
import type { Model } from './model';
import { likely } from './palette';
import type { Pixels } from './pixels';
import { belonging, near, withinReach, type PlacedHint } from './reach';
import { hintsFrom, smallAb } from './reference';
import type { Check } from './runtime';
import type { Seen } from './seen';
import { abOfColor } from './spaces';

const LEAST_MOOD = 0.8; // of other draws than the one that is shown: nearer to the mean they would hardly differ

export class Session {
  #reference: HintField | null = null;
  #known: { key: string; reference: HintField | null; chroma: Chroma } | null = null;

  private constructor(
    private readonly model: Model,
    private readonly seen: Seen,
    readonly file: File,
    readonly kind: string,
    readonly width: number,
    readonly height: number,
  ) {}

  static async open(model: Model, file: File, kind: string, pixels: Pixels): Promise<Session> {
    const seen = await model.see(pixels, kind);
    return new Session(model, seen, file, kind, pixels.width, pixels.height);
  }

  async predict({ hints, variant, mood }: Edits, check: Check): Promise<Chroma> {
    const z = variant ? this.#variant(variant.index, variant.seed, mood) : this.#shown(mood);
    return this.#decode(hints, z, check);
  }

  async variants(count: number, seed: number, { hints, mood }: Edits, check: Check): Promise<Chroma[]> {
    const found: Chroma[] = [];
    for (let index = 0; index < count; index++) {
      found.push(await this.#decode(hints, this.#variant(index, seed, mood), check));
    }
    return found;
  }

  async palette(x: number, y: number, hints: Hint[], check: Check): Promise<LikelyColor[]> {
    const { height, width } = this.seen.L;
    return likely(this.seen, ...cellOf({ x, y }, this, height, width), this.#field(hints), check);
  }

  async setReference(pixels: Pixels, kind: string): Promise<void> {
    const other = await this.model.see(pixels, kind);
    const ab = smallAb(pixels, other.L.width, other.L.height, kind);
    this.#reference = hintsFrom(this.seen, other, ab);
  }

  dropReference(): void {
    this.#reference = null;
  }

  /** The noise of what is shown without a variant. */
  #shown(mood: number | null): Field {
    return this.seen.noise(0, 0, mood ?? this.model.card.mood ?? 0);
  }

  #variant(index: number, seed: number, mood: number | null): Field {
    if (index === 0) return this.#shown(mood);
    return this.seen.noise(index, seed, Math.max(mood ?? this.model.card.mood ?? 0, LEAST_MOOD));
  }

  /** Each hint within its reach, where the model can tell things apart: that takes a second run of the decoder. */
  async #decode(hints: Hint[], z: Field, check: Check): Promise<Chroma> {
    const affinity = this.model.card.affinity;
    const kept = affinity?.length ? hints.filter((hint) => hint.reach !== 'alike') : [];
    const shown = await this.#before(
      hints.filter((hint) => !kept.includes(hint)),
      z,
      check,
    );
    if (!affinity || !kept.length) return shown;
    const { height, width } = this.seen.L;
    const [keys, queries] = affinity.map((name) => this.seen.feature(name)) as [Field, Field];
    const placedHints = kept.map((hint): PlacedHint => {
      const [row, column] = cellOf(hint, this, height, width);
      return { row, column, ab: abOfColor(hint.color) };
    });
    const chances = placedHints.map(({ row, column }, n) => {
      const [down, across] = [(row * keys.height) / height, (column * keys.width) / width].map(Math.floor);
      const chance = belonging(keys, queries, down ?? 0, across ?? 0);
      return kept[n]?.reach === 'spot' ? near(chance, row, column, height, width) : chance;
    });
    return this.seen.decode(withinReach(height, width, shown, placedHints, chances), z, check);
  }

  /** What hints of an object are added to: while those change, it stays. */
  async #before(hints: Hint[], z: Field, check: Check): Promise<Chroma> {
    const key = JSON.stringify([hints, z.data.at(0), z.data.at(-1)]); // a seed, draw and mood, as good as surely
    if (this.#known?.key !== key || this.#known.reference !== this.#reference) {
      const chroma = await this.seen.decode(this.#field(hints), z, check);
      this.#known = { key, reference: this.#reference, chroma };
    }
    return this.#known.chroma;
  }

  #field(hints: Hint[]): HintField | null {
    const { height, width } = this.seen.L;
    const points = hints.length ? placed(hints, this, height, width) : null;
    return points && this.#reference ? points.over(this.#reference) : (points ?? this.#reference);
  }
}
