/** One photograph before the network, and all that can be asked of its colours (session.py). */
import type { LikelyColor } from '../gl/swatch';
import type { Chroma, Edits, Hint } from '../lib/types';
import type { Field } from './field';
import { cellOf, HintField, placed } from './hints';
import type { Model } from './model';
import { likely } from './palette';
import type { Pixels } from './pixels';
import { belonging, guessed, near, withinReach, type PlacedHint } from './reach';
import { hintsFrom, smallAb } from './reference';
import type { Check } from './runtime';
import type { Seen } from './seen';
import { abOfColor } from './spaces';

const LEAST_MOOD = 0.8; // of other draws than the one that is shown: nearer to the mean they would hardly differ

const MOST_KNOWN = 8; // what is shown, and the variants beside it; .15 MB each

/** A seed, draw and mood are told by two numbers of their noise, as good as surely. */
const keyOf = (hints: Hint[], z: Field) => JSON.stringify([hints, z.data.at(0), z.data.at(-1)]);

export class Session {
  #reference: HintField | null = null;
  #known = new Map<string, Chroma>(); // by what was asked, the oldest first

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

  async predict(edits: Edits, check: Check): Promise<Chroma> {
    return this.#decode(edits.hints, this.#asked(edits), check);
  }

  /** The same without the network, as near as can be guessed; null: it cannot. */
  guess(edits: Edits): Chroma | null {
    const [kept, free] = this.#parted(edits.hints);
    const chroma = this.#known.get(keyOf(free, this.#asked(edits)));
    if (!chroma || !kept.length) return chroma ?? null;
    const { placed, chances } = this.#reached(kept);
    return guessed(chroma, placed, chances);
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
    this.#known.clear();
  }

  dropReference(): void {
    this.#reference = null;
    this.#known.clear();
  }

  #asked({ variant, mood }: Edits): Field {
    return variant ? this.#variant(variant.index, variant.seed, mood) : this.#shown(mood);
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
    const [kept, free] = this.#parted(hints);
    const shown = await this.#before(free, z, check);
    if (!kept.length) return shown;
    const { height, width } = this.seen.L;
    const { placed, chances } = this.#reached(kept);
    return this.seen.decode(withinReach(height, width, shown, placed, chances), z, check);
  }

  /** Hints that keep within their reach, and those that need not. */
  #parted(hints: Hint[]): [kept: Hint[], free: Hint[]] {
    const kept = this.model.card.affinity?.length ? hints.filter((hint) => hint.reach !== 'alike') : [];
    return [kept, hints.filter((hint) => !kept.includes(hint))];
  }

  /** Where hints lie, and the chance that each place belongs to each one's thing. */
  #reached(kept: Hint[]): { placed: PlacedHint[]; chances: Field[] } {
    const { height, width } = this.seen.L;
    const [keys, queries] = this.model.card.affinity?.map((name) => this.seen.feature(name)) as [
      Field,
      Field,
    ];
    const placed = kept.map((hint): PlacedHint => {
      const [row, column] = cellOf(hint, this, height, width);
      return { row, column, ab: abOfColor(hint.color) };
    });
    const chances = placed.map(({ row, column }, n) => {
      const [down, across] = [(row * keys.height) / height, (column * keys.width) / width].map(Math.floor);
      const chance = belonging(keys, queries, down ?? 0, across ?? 0);
      return kept[n]?.reach === 'spot' ? near(chance, row, column, height, width) : chance;
    });
    return { placed, chances };
  }

  /** What hints of an object are added to: while those change, it stays. */
  async #before(hints: Hint[], z: Field, check: Check): Promise<Chroma> {
    const key = keyOf(hints, z);
    const known = this.#known.get(key);
    if (known) return known;
    const reference = this.#reference;
    const chroma = await this.seen.decode(this.#field(hints), z, check);
    if (reference !== this.#reference) return chroma; // another was given meanwhile
    this.#known.set(key, chroma);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return chroma;
  }

  #field(hints: Hint[]): HintField | null {
    const { height, width } = this.seen.L;
    const points = hints.length ? placed(hints, this, height, width) : null;
    return points && this.#reference ? points.over(this.#reference) : (points ?? this.#reference);
  }
}
