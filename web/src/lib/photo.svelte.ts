/** One photograph: its file, its session with the backend, its colours, and the history of its edits. */
import { backend } from '#backend';
import type { RenderOptions } from './backend';
import { History } from './history';
import { newId } from './ids';
import { notices } from './notices.svelte';
import * as store from './store';
import type { Chroma, Edits, Session, Swatch } from './types';

export const VARIANTS = 6;
const THUMBNAIL = 320; // px, longer side

export class Photo {
  state = $state<'waiting' | 'working' | 'ready' | 'failed'>('waiting');
  error = $state('');
  spreading = $state(false); // new colours are on their way
  session = $state.raw<Session | null>(null);
  chroma = $state.raw<Chroma | null>(null);
  thumbnail = $state.raw<ImageBitmap | null>(null);
  variants = $state.raw<Chroma[]>([]);
  variantSeed = $state(1);

  #history = $state.raw(new History());
  #preview = $state.raw<Edits | null>(null); // while a slider is held
  #opening: Promise<Session> | null = null;
  #sessionReference: string | null = null; // which reference the session knows
  #stale = false;

  constructor(
    readonly file: File,
    readonly id: string = newId(),
    private storedSession: string | null = null,
    history: History = new History(),
  ) {
    this.#history = history;
  }

  static restored(stored: store.StoredPhoto): Photo {
    return new Photo(stored.file, stored.id, stored.sessionId, new History(stored.steps, stored.at));
  }

  get edits(): Edits {
    return this.#preview ?? this.#history.now;
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  can(ability: Session['can'][number]): boolean {
    return this.session?.can.includes(ability) ?? false;
  }

  /** Open a session and colour the photograph. Never throws: failure is a state, shown with the picture. */
  async develop(): Promise<void> {
    this.state = 'working';
    this.error = '';
    try {
      this.thumbnail = await this.ask((id) => backend.lightness(id, THUMBNAIL));
      this.chroma = await this.#predict();
      this.state = 'ready';
      await this.save();
    } catch (error) {
      this.error = await backend.explain(error);
      this.state = 'failed';
    }
  }

  /** Do something with the session; where the server has forgotten it, with a new one made from the file. */
  async ask<T>(work: (id: string) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      return await work(session.id);
    } catch (error) {
      if (!backend.isGone(error)) throw error;
      if (this.session === session) this.session = null;
      return work((await this.#open()).id);
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

  /** Make edits a step of history. */
  commit(change: Partial<Edits>, done: string): void {
    this.#replace(() => {
      this.#history = this.#history.with({ ...this.edits, ...change });
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
    const chroma = this.variants[index];
    const variant = index === 0 ? null : { seed: this.variantSeed, index, count: VARIANTS };
    if (chroma) this.chroma = { ...chroma, confidence: this.chroma?.confidence ?? null }; // at once; the backend confirms
    this.commit({ variant }, index === 0 ? 'Likeliest colours' : `Variant ${index + 1}`);
  }

  async loadVariants(): Promise<void> {
    const seed = this.variantSeed;
    const found = await this.ask(async (id) => {
      await this.#bringReference(id);
      return backend.variants(id, VARIANTS, seed, this.edits);
    });
    if (seed === this.variantSeed) this.variants = found;
  }

  async palette(x: number, y: number, signal: AbortSignal): Promise<Swatch[]> {
    const others = this.edits.hints.filter((hint) => hint.x !== x || hint.y !== y);
    return this.ask((id) => backend.palette(id, x, y, others, signal));
  }

  async render(options: RenderOptions): Promise<File> {
    return this.ask(async (id) => {
      await this.#bringReference(id);
      return backend.render(id, this.edits, options);
    });
  }

  async save(): Promise<void> {
    const { id, file } = this;
    const { steps, at } = this.#history;
    try {
      await store.savePhoto({ id, file, sessionId: this.session?.id ?? this.storedSession, steps, at });
    } catch {
      notices.show('This browser keeps no more pictures: download your work before you leave');
    }
  }

  /** Let go of the session and of what is stored. */
  async discard(): Promise<void> {
    const id = this.session?.id;
    await store.forget(this.id);
    if (id) await backend.closeSession(id).catch(() => {}); // expired, or the server is gone: nothing to let go of
  }

  async #open(): Promise<Session> {
    if (this.session) return this.session;
    this.#opening ??= this.#findOrMake().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #findOrMake(): Promise<Session> {
    const known = this.storedSession;
    this.storedSession = null;
    this.#sessionReference = null;
    const session = known
      ? await backend.getSession(known).catch((error: unknown) => {
          if (backend.isGone(error)) return backend.openSession(this.file);
          throw error;
        })
      : await backend.openSession(this.file);
    this.session = session;
    return session;
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
    const before = this.edits;
    change();
    const { hints, variant, mood, reference } = this.edits;
    const others = hints !== before.hints || variant !== before.variant || mood !== before.mood;
    if (others || reference?.id !== before.reference?.id) void this.#spread();
  }

  /** One prediction at a time, and always one for the newest edits: dragging never piles up requests. */
  async #spread(): Promise<void> {
    this.#stale = true;
    if (this.spreading) return;
    this.spreading = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        this.chroma = await this.#predict();
      }
    } catch (error) {
      await notices.complain(error);
    } finally {
      this.spreading = false;
    }
  }

  async #predict(): Promise<Chroma> {
    return this.ask(async (id) => {
      await this.#bringReference(id);
      return backend.predict(id, this.edits);
    });
  }

  async #bringReference(id: string): Promise<void> {
    const wanted = this.edits.reference;
    if ((wanted?.id ?? null) === this.#sessionReference) return;
    if (wanted) await backend.setReference(id, wanted.file);
    else await backend.dropReference(id);
    this.#sessionReference = wanted?.id ?? null;
  }
}
