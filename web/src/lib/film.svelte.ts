/** The film on the table: sent, its shots, each a photograph that hints are placed on, and the work on it. */
import { backend } from '#backend';
import { connection } from './connection.svelte';
import type { FilmInfo, FilmLine, FilmProgress, Films, FilmRequest, Shot } from './films';
import { marksOf, thinned } from './hints';
import { notices } from './notices.svelte';
import { Photo } from './photo.svelte';
import { tab, type OwnFilm } from './tab';
import type { Edits } from './types';

const FOLLOWED = 5; // points of a stroke: each is followed through its shot

export class Film {
  state = $state<'sending' | 'looking' | 'ready' | 'failed'>('sending');
  sent = $state(0);
  error = $state('');
  shots = $state.raw<Shot[]>([]);
  at = $state(0); // which shot is open
  progress = $state.raw<FilmProgress | null>(null); // while it is being coloured
  done = $state.raw<(FilmLine & { state: 'done' }) | null>(null);
  colored = $state(false); // there is a file to be fetched
  #info = $state.raw<FilmInfo | null>(null);
  #photos = $state.raw<(Photo | null)[]>([]);
  #abort = new AbortController();
  #asked = 0;

  constructor(
    readonly films: Films,
    readonly name: string,
  ) {}

  /** The open shot's frame, once it is here. */
  get photo(): Photo | null {
    return this.#photos[this.at] ?? null;
  }

  get address(): string {
    return this.#info ? this.films.address(this.#info.id) : '';
  }

  /** What a reload is to find again. */
  get kept(): OwnFilm | null {
    const edits = this.shots.flatMap(({ time }, at): [number, Edits][] => {
      const photo = this.#photos[at];
      return photo ? [[time, photo.edits]] : [];
    });
    return this.#info && { id: this.#info.id, name: this.name, edits };
  }

  hintsOf(at: number): number {
    return this.#photos[at]?.edits.hints.length ?? 0;
  }

  /** Send it, and look at its shots. Never throws: failure is a state. */
  async send(file: File): Promise<void> {
    await this.#try(async () => {
      this.#info = await this.films.open(file, (share) => (this.sent = share), this.#abort.signal);
      await this.#look([]);
    });
  }

  /** Find it again after a reload. */
  async restore(known: OwnFilm): Promise<void> {
    this.state = 'looking';
    await this.#try(async () => {
      this.#info = await this.films.get(known.id);
      this.colored = this.#info.colored;
      await this.#look(known.edits);
    });
  }

  async open(at: number): Promise<void> {
    const { shots, photo: before } = this;
    const shot = shots[at];
    const asked = ++this.#asked;
    if (!shot || !this.#info) return;
    if (!this.#photos[at]) {
      const blob = await this.films.frame(this.#info.id, shot.time);
      if (!this.#photos[at]) this.#begin(at, blob, null);
    }
    if (asked !== this.#asked) return; // a quick hand has opened another meanwhile
    this.at = at;
    const photo = this.photo;
    if (before && photo && photo !== before) follow(photo, before.edits);
  }

  step(by: 1 | -1): void {
    if (this.shots[this.at + by]) void this.open(this.at + by).catch((error) => notices.complain(error));
  }

  async color(): Promise<void> {
    if (!this.#info || this.progress) return;
    this.#abort = new AbortController();
    this.progress = { state: 'waiting' };
    this.done = null;
    notices.show(`Colouring ${this.name}`);
    try {
      const { signal } = this.#abort;
      const done = await this.films.color(
        this.#info.id,
        this.#request,
        (now) => (this.progress = now),
        signal,
      );
      this.done = done;
      this.colored = true;
      notices.show(`${done.name} is ready`);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      await notices.complain(error);
      if (backend.isAway(error)) connection.lost();
    } finally {
      this.progress = null;
    }
  }

  cancel(): void {
    this.#abort.abort();
    notices.show('Stopped; if you colour it again as it is, it goes on from there');
  }

  /** Take it off the table. */
  close(): void {
    this.#abort.abort();
    for (const photo of this.#photos) void photo?.close();
    tab.film = null;
    if (this.#info) void this.films.close(this.#info.id).catch(() => {}); // expired, or nobody is there
  }

  get #request(): FilmRequest {
    const { saturation, warmth, strength, mood } = this.photo?.edits ?? {
      saturation: 1,
      warmth: 0,
      strength: 1,
      mood: null,
    };
    const hints = this.shots.flatMap(({ time }, at) =>
      marksOf(this.#photos[at]?.edits.hints ?? []).flatMap(({ points, color, reach }) =>
        thinned(points, 0, FOLLOWED).map(([x, y]) => ({ time, x, y, color, reach })),
      ),
    );
    return { saturation, warmth, strength, mood, hints };
  }

  async #look(edits: [number, Edits][]): Promise<void> {
    const id = this.#info?.id ?? '';
    this.state = 'looking';
    this.shots = await this.films.shots(id);
    const changed = this.shots.flatMap(({ time }, at) =>
      edits.filter(([of]) => of === time).map(([, its]) => ({ at, its })),
    );
    for (const { at, its } of changed) {
      this.#begin(at, await this.films.frame(id, this.shots[at]?.time ?? 0), its);
    }
    await this.open(this.at);
    this.state = 'ready';
    notices.show(`${this.name}: ${this.shots.length === 1 ? 'one shot' : `${this.shots.length} shots`}`);
  }

  #begin(at: number, blob: Blob, edits: Edits | null): void {
    const file = new File([blob], `${this.name}, shot ${at + 1}`, { type: 'image/png' });
    const photo = new Photo(file, undefined, undefined, false);
    if (edits) photo.commit(edits, `${this.name} is back`);
    this.#photos = this.shots.map((_, each) => (each === at ? photo : (this.#photos[each] ?? null)));
    void photo.look();
    void develop(photo);
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.error = backend.isGone(error)
        ? 'The server has forgotten this film. Drop it again.'
        : await backend.explain(error);
      this.state = 'failed';
    }
  }
}

/** Colour a shot's frame, now or as soon as somebody is there. */
export async function develop(photo: Photo): Promise<void> {
  await photo.develop();
  if (photo.state === 'waiting') connection.onceBack(() => void develop(photo));
}

/** The look is the whole film's. */
function follow(photo: Photo, { saturation, warmth, strength, mood }: Edits): void {
  const { edits } = photo;
  const same =
    edits.saturation === saturation &&
    edits.warmth === warmth &&
    edits.strength === strength &&
    edits.mood === mood;
  if (!same) photo.commit({ saturation, warmth, strength, mood }, 'The look of the film');
}
