/** One photograph: its file, its session with the backend, its colours, and the history of its edits. */
import { backend } from '#backend';
import { asShown, smaller } from '../gl/bitmap';
import { withPresent } from '../gl/swatch';
import type { RenderOptions } from './backend';
import { connection } from './connection.svelte';
import { History } from './history';
import { newId } from './ids';
import { notices } from './notices.svelte';
import { Palettes } from './palettes';
import * as store from './store';
import { tab, tell } from './tab';
import { toneOfBitmap, type Tone } from './tone';
import {
  sameColors,
  type Chroma,
  type Edits,
  type Look,
  type Reference,
  type Session,
  type Swatch,
} from './types';

export const VARIANTS = 6;
const THUMBNAIL = 320; // px, longer side
const LOCAL = 1024; // px: what stands in until the backend has seen the file
const RETRY = 3000; // ms
const FRAMES = 3; // drawn, handed over, shown
const LONGEST_WAIT = 2000; // ms for them
const STILL = 150; // ms without a move after which a hand rests

export class Photo {
  state = $state<'waiting' | 'sending' | 'working' | 'ready' | 'failed'>('waiting');
  sent = $state(0); // share of the file that has arrived
  error = $state('');
  hopeless = $state(false); // trying again cannot help
  spreading = $state(false); // new colours are on their way
  session = $state.raw<Session | null>(null);
  tone = $state<Tone>('gray');
  local = $state.raw<ImageBitmap | null>(null); // as this browser shows the file
  thumbnail = $state.raw<ImageBitmap | null>(null); // its lightness
  chroma = $state.raw<Chroma | null>(null);
  shown = $state.raw<Edits | null>(null); // those that `chroma` is the answer to
  tried = $state.raw<Chroma | null>(null); // a variant that the hand hovers over
  variants = $state.raw<Chroma[]>([]);
  variantSeed = $state(1);

  #size = $state.raw<{ width: number; height: number } | null>(null);
  #history = $state.raw(new History());
  #preview = $state.raw<Edits | null>(null); // while a slider is held
  #opening: Promise<Session> | null = null;
  #sessionReference: string | null | undefined; // which reference the session knows; undefined: who knows
  #looking: Promise<void> | null = null;
  #running: Promise<void> | null = null;
  #onMoved: (() => void) | null = null;
  #palettes = new Palettes();
  #revision = 0;
  #saving = 0;
  #saved: Promise<void> = Promise.resolve();

  // Numbers, so that nobody draws anew where it is another part of the edits that has changed.
  readonly #saturation = $derived(this.edits.saturation);
  readonly #warmth = $derived(this.edits.warmth);
  readonly #strength = $derived(this.edits.strength);

  constructor(
    readonly file: File,
    readonly id: string = newId(),
    readonly added: number = Date.now(),
    readonly isKept = true, // survives a reload; a frame of a film is its film's business
  ) {}

  static restored(stored: store.StoredPhoto, file: File): Photo {
    const photo = new Photo(file, stored.id, stored.added);
    photo.#take(stored);
    photo.variantSeed = photo.edits.variant?.seed ?? 1;
    return photo;
  }

  get edits(): Edits {
    return this.#preview ?? this.#history.now;
  }

  get appearance(): Look {
    return { saturation: this.#saturation, warmth: this.#warmth, strength: this.#strength };
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** Upright, in pixels: by the backend, or by this browser until then. */
  get size(): { width: number; height: number } | null {
    return this.session ?? this.#size;
  }

  /** Whether what was asked for is not on the picture yet, and nobody works on it. */
  get waiting(): boolean {
    return this.state === 'ready' && !this.spreading && !this.#isShown;
  }

  /** Which of the variants' thumbnails is on the picture; null: none of this set. */
  get picked(): number | null {
    const { variant } = this.edits;
    if (!variant) return 0;
    return variant.seed === this.variantSeed ? variant.index : null;
  }

  can(ability: Session['can'][number]): boolean {
    return this.session?.can.includes(ability) ?? false;
  }

  /** Show the file as this browser does, before anybody else has seen it. */
  look(): Promise<void> {
    this.#looking ??= this.#lookNow();
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const whole = await asShown(this.file);
    if (!whole) return;
    this.#size = { width: whole.width, height: whole.height };
    this.local = await smaller(whole, LOCAL);
    this.tone = toneOfBitmap(this.local);
    whole.close();
  }

  /** Open a session and colour the photograph. Never throws: failure is a state, shown with the picture. */
  async develop(): Promise<void> {
    this.state = 'sending';
    this.error = '';
    const edits = this.edits;
    try {
      const [chroma, thumbnail] = await connection.watched((signal) =>
        Promise.all([
          this.#colors(edits, signal),
          this.ask((id) => backend.lightness(id, THUMBNAIL, signal), signal),
        ]),
      );
      [this.chroma, this.thumbnail, this.shown] = [chroma, thumbnail, edits];
      this.state = 'ready';
      void this.#lookThroughBackend();
      if (!this.#isShown) void this.#spread(); // edits were made meanwhile
    } catch (error) {
      if (backend.isAway(error)) {
        this.state = 'waiting';
        return;
      }
      this.error = await backend.explain(error);
      this.hopeless = backend.isRefusal(error);
      this.state = 'failed';
    }
  }

  /** Do something with the session; where the backend has forgotten it, with a new one made from the file. */
  async ask<T>(work: (id: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.#open(signal);
    try {
      return await work(session.id);
    } catch (error) {
      if (!backend.isGone(error)) throw error;
      if (this.session === session) this.session = null;
      return work((await this.#open(signal)).id);
    }
  }

  /** Show edits while a control is held, without a step of history. */
  preview(change: Partial<Edits>): void {
    this.#replace(() => (this.#preview = { ...this.edits, ...change }));
  }

  /** Forget what was previewed. */
  settle(): void {
    if (this.#preview) this.#replace(() => (this.#preview = null));
  }

  /** Make edits a step of history; quick ones of the same `group` are one step. */
  commit(change: Partial<Edits>, done: string, group: string | null = null): void {
    this.#replace(() => {
      this.#history = this.#history.with({ ...this.edits, ...change }, group);
      this.#preview = null;
    });
    notices.show(done);
    void this.save();
  }

  undo(): void {
    if (this.canUndo) this.#move(-1, 'Undone');
  }

  redo(): void {
    if (this.canRedo) this.#move(1, 'Redone');
  }

  /** Take one of the thumbnails' colours. The first is what no variant at all gives. */
  pick(index: number): void {
    const variant = index === 0 ? null : { seed: this.variantSeed, index, count: VARIANTS };
    const chroma = this.variants[index];
    if (chroma) this.chroma = { ...chroma, confidence: this.chroma?.confidence ?? null }; // at once; the backend confirms
    this.commit({ variant }, index === 0 ? 'Likeliest colours' : `Variant ${index + 1}`);
  }

  async loadVariants(signal: AbortSignal): Promise<void> {
    const { variantSeed: seed, edits } = this;
    this.variants = await this.#ask(
      edits,
      (id) => backend.variants(id, VARIANTS, seed, edits, signal),
      signal,
    );
  }

  /** Likely colours of a place; asked for once. Of the hints only what they have made of the place is among them:
   *  drawing anew beside every hint takes the backend half a second. */
  async palette(x: number, y: number): Promise<Swatch[]> {
    const { hints, reference, mood } = this.edits;
    const likely = await this.#palettes.get(JSON.stringify([x, y, reference?.id, mood]), () =>
      connection.watched((signal) => this.ask((id) => backend.palette(id, x, y, [], signal), signal)),
    );
    const { chroma, size } = this;
    if (!hints.length || !chroma || !size) return likely;
    const cell = (at: number, side: number, cells: number) =>
      Math.min(cells - 1, Math.floor((at * cells) / side));
    const at = cell(y, size.height, chroma.height) * chroma.width + cell(x, size.width, chroma.width);
    const plane = chroma.width * chroma.height;
    return withPresent(likely, chroma.ab[at] ?? 0, chroma.ab[plane + at] ?? 0);
  }

  /** Take over another picture's palette. Only what the backend can read becomes a step.
   *
   * Throws what the backend says against it. */
  async follow(reference: Reference): Promise<void> {
    await connection.watched((signal) =>
      this.ask((id) => this.#bringReference(id, reference, signal), signal),
    );
    this.commit({ reference }, `Colours of ${reference.file.name}`);
  }

  /** The file for the user: what the stage shows, and nothing else. */
  async render(options: RenderOptions, signal?: AbortSignal): Promise<File> {
    if (!this.#isShown) await this.#spread();
    if (!this.#isShown) throw new Error(`${this.file.name}: the newest change is not on the picture yet`);
    const { edits } = this;
    return this.#ask(edits, (id) => backend.render(id, edits, options, signal), signal);
  }

  /** Keep the file; once. */
  async keep(): Promise<void> {
    const { id, added, file } = this;
    const { steps, at } = this.#history;
    await this.#kept(store.add({ id, added, removed: null, steps, at, revision: this.#revision }, file));
    tell({ what: 'added', id });
  }

  /** Keep the edits. */
  save(): Promise<void> {
    if (!this.isKept) return Promise.resolve();
    this.#saving++;
    this.#saved = this.#saved.then(async () => {
      const { steps, at } = this.#history;
      const ours = steps[at];
      await this.#kept(
        store.keepEdits(this.id, this.#revision, steps, at).then((kept) => {
          this.#saving--;
          this.#revision = kept.revision;
          if (kept.steps !== steps && this.#history.now === ours) this.#take(kept); // another tab's are among them
          tell({ what: 'changed', id: this.id });
        }),
      );
    });
    return this.#saved;
  }

  /** Another tab has changed the edits. */
  adopt(kept: store.StoredEdits): void {
    if (this.#saving || kept.revision <= this.#revision) return; // ours are about to be joined to them
    this.#replace(() => this.#take(kept));
  }

  /** Let go of the session; it comes back by itself if it is asked again. */
  async close(): Promise<void> {
    const id = this.session?.id;
    this.session = null;
    delete tab.sessions[this.id];
    if (id) await backend.closeSession(id).catch(() => {}); // expired, or nobody is there: nothing to let go of
  }

  get #isShown(): boolean {
    return this.shown !== null && sameColors(this.edits, this.shown);
  }

  #take({ steps, at, revision }: store.StoredEdits): void {
    this.#history = new History(steps, at);
    this.#revision = revision;
  }

  async #kept(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch {
      notices.problem = 'This browser keeps no more pictures: download your work before you leave';
    }
  }

  async #open(signal?: AbortSignal): Promise<Session> {
    if (this.session) return this.session;
    this.#opening ??= this.#findOrMake(signal).finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #findOrMake(signal?: AbortSignal): Promise<Session> {
    const known = tab.sessions[this.id];
    this.#sessionReference = undefined;
    const found = known ? await backend.getSession(known).catch(onlyIfGone) : null;
    if (!found) {
      const onSent = (share: number) => {
        this.sent = share;
        if (share === 1 && this.state === 'sending') this.state = 'working';
      };
      this.session = await backend.openSession(this.file, onSent, signal);
      this.#sessionReference = null;
    } else this.session = found;
    if (this.state === 'sending') this.state = 'working';
    tab.sessions[this.id] = this.session.id;
    return this.session;
  }

  /** A file that this browser cannot show is shown as the backend sees it. */
  async #lookThroughBackend(): Promise<void> {
    await this.look();
    if (this.local) return;
    try {
      this.local = await this.ask((id) => backend.original(id, LOCAL));
      this.tone = toneOfBitmap(this.local);
    } catch {
      return; // its lightness is shown all the same
    }
  }

  #move(by: 1 | -1, done: string): void {
    this.#replace(() => {
      this.#preview = null;
      this.#history = this.#history.moved(by);
    });
    notices.show(done);
    void this.save();
  }

  /** Change the edits, and fetch new colours if it was more than the look that changed. */
  #replace(change: () => void): void {
    change();
    this.#onMoved?.();
    if (!this.#isShown) void this.#spread();
  }

  /** One prediction at a time, and always one for the newest edits: dragging never piles up requests. */
  #spread(): Promise<void> {
    if (this.state !== 'ready') return Promise.resolve(); // will be coloured with the newest edits
    this.#running ??= this.#spreadAll().finally(() => {
      this.#running = null;
      this.spreading = false;
    });
    return this.#running;
  }

  async #spreadAll(): Promise<void> {
    this.spreading = true;
    while (!this.#isShown) {
      const edits = this.edits;
      try {
        if (await this.#guess(edits)) {
          await this.#stillness();
          if (this.edits !== edits) continue;
        }
        const chroma = await connection.watched((signal) => this.#colors(edits, signal));
        [this.chroma, this.shown] = [chroma, edits];
      } catch (error) {
        return this.#notSpread(error);
      }
    }
  }

  /** What is asked for stays marked as waiting, or is taken back where it can never be. */
  async #notSpread(error: unknown): Promise<void> {
    if (backend.isAway(error)) {
      connection.onceBack(this.#again);
      notices.show('Your change waits until the server answers');
      return;
    }
    await notices.complain(error);
    if (!backend.isRefusal(error) || !this.shown) {
      setTimeout(this.#again, RETRY);
      return;
    }
    const { hints, variant, mood, reference } = this.shown;
    this.#preview = null;
    this.#history = this.#history.corrected({ ...this.#history.now, hints, variant, mood, reference });
    void this.save();
  }

  readonly #again = () => {
    if (!this.#isShown) void this.#spread();
  };

  /** Show at once what the edits will come to, where that can be guessed. */
  async #guess(edits: Edits): Promise<boolean> {
    if (!this.session || (edits.reference?.id ?? null) !== this.#sessionReference) return false;
    const guess = await backend.guess(this.session.id, edits).catch(() => null); // the network says what is wrong
    if (!guess) return false;
    this.chroma = guess;
    await painted(); // the network takes all cores
    return true;
  }

  /** While a hand drags, what is guessed must do: the network would be late for every place but the last. */
  async #stillness(): Promise<void> {
    if (!this.#preview) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, STILL);
      this.#onMoved = () => (clearTimeout(timer), done());
    });
    this.#onMoved = null;
  }

  #colors(edits: Edits, signal?: AbortSignal): Promise<Chroma> {
    return this.#ask(edits, (id) => backend.predict(id, edits, signal), signal);
  }

  /** Ask a session that has the edits' reference. */
  #ask<T>({ reference }: Edits, work: (id: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.ask(async (id) => {
      await this.#bringReference(id, reference, signal);
      return work(id);
    }, signal);
  }

  async #bringReference(id: string, wanted: Reference | null, signal?: AbortSignal): Promise<void> {
    if ((wanted?.id ?? null) === this.#sessionReference) return;
    this.#sessionReference = undefined; // until it is there
    if (wanted) await backend.setReference(id, wanted.file, signal);
    else await backend.dropReference(id);
    this.#sessionReference = wanted?.id ?? null;
  }
}

function onlyIfGone(error: unknown): null {
  if (backend.isGone(error)) return null;
  throw error;
}

/** What was changed is on the screen; or nobody looks at it. */
async function painted(): Promise<void> {
  if (document.hidden) return;
  const late = new Promise((done) => setTimeout(done, LONGEST_WAIT));
  for (let frame = 0; frame < FRAMES; frame++) {
    await Promise.race([new Promise(requestAnimationFrame), late]);
  }
}
