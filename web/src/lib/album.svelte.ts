/** All photographs on the table, and which of them is open. */
import pLimit from 'p-limit';
import { connection } from './connection.svelte';
import { notices } from './notices.svelte';
import { Photo } from './photo.svelte';
import * as store from './store';
import { listen, tab, tell, type News } from './tab';

const AT_ONCE = 2; // on their way: the backend works on one while the next travels
const REMOVED_FOR = 3600_000; // ms that a removed photograph can be brought back

class Album {
  photos = $state<Photo[]>([]);
  removed = $state<Photo[]>([]); // the last ones, to be brought back
  restoring = $state(true);

  done = $derived(this.photos.filter((photo) => photo.state === 'ready' || photo.state === 'failed').length);
  ready = $derived(this.photos.filter((photo) => photo.state === 'ready'));
  busy = $derived(this.done < this.photos.length);

  #current = $state<Photo | null>(null);
  #working = 0;
  #looking = pLimit(1);
  #newest = 0;

  constructor() {
    listen((news) => void this.#hear(news));
  }

  get current(): Photo | null {
    return this.#current;
  }

  set current(photo: Photo | null) {
    this.#current = photo;
    void photo?.look();
    tab.current = photo?.id ?? null;
    void store.keepCurrent(tab.current).catch(() => {});
  }

  /** What this browser kept from last time. */
  async restore(): Promise<void> {
    try {
      const { photos, current } = await store.load();
      for (const stored of photos) {
        if (stored.removed && Date.now() - stored.removed > REMOVED_FOR) await store.forget(stored.id);
        else if (stored.removed) continue;
        else if (!this.#find(stored.id)) await this.#restore(stored); // a quick hand may have dropped it just now
      }
      const wanted = tab.current ?? current;
      if (!this.current) this.current = this.#find(wanted) ?? this.photos[0] ?? null;
    } catch {
      notices.problem = 'This browser keeps nothing: download your work before you leave';
    } finally {
      this.restoring = false;
      this.#work();
    }
  }

  add(files: File[]): void {
    if (!files.length) return;
    this.#newest = Math.max(Date.now(), this.#newest);
    const added = files.map((file) => new Photo(file, undefined, (this.#newest += 0.001)));
    this.photos.push(...added);
    this.current = added[0] ?? null;
    for (const photo of added) {
      void photo.keep();
      void this.#looking(() => photo.look());
    }
    this.#work();
    notices.show(files.length === 1 ? `Colouring ${files[0]?.name}` : `Colouring ${files.length} pictures`);
  }

  open(photo: Photo): void {
    if (photo.id !== this.current?.id) notices.show(''); // what was just done, was done to another
    this.current = photo;
  }

  /** The next photograph, or the one before. */
  step(by: 1 | -1): void {
    const at = this.photos.findIndex((photo) => photo.id === this.current?.id);
    const next = this.photos[at + by];
    if (next) this.open(next);
  }

  retry(photo: Photo): void {
    photo.state = 'waiting';
    this.#work();
  }

  /** Take photographs off the table; they can be brought back. */
  remove(photos: Photo[]): void {
    const at = this.photos.findIndex((photo) => photo.id === this.current?.id);
    const gone = new Set(photos.map((photo) => photo.id));
    this.#takeOff(gone, at);
    for (const { id } of photos) {
      void store.mark(id, Date.now()).catch(() => {});
      tell({ what: 'removed', id });
    }
    this.removed = photos;
    const text =
      photos.length === 1 ? `${photos[0]?.file.name} removed` : `${photos.length} pictures removed`;
    notices.show(text);
    notices.offer = { text, label: 'Bring back', act: () => void this.bringBack() };
  }

  async bringBack(): Promise<void> {
    const back = this.removed;
    this.removed = [];
    for (const photo of back) this.#insert(photo);
    if (back[0]) this.current = this.#find(back[0].id) ?? null;
    this.#work();
    for (const { id } of back) {
      await store.mark(id, null).catch(() => {});
      tell({ what: 'returned', id });
    }
    notices.show(back.length === 1 ? `${back[0]?.file.name} is back` : `${back.length} pictures are back`);
  }

  /** Colour what waits, the one that is looked at first. */
  #work(): void {
    if (connection.away) return connection.onceBack(this.#resume);
    while (this.#working < AT_ONCE) {
      const waiting = this.photos.filter((photo) => photo.state === 'waiting');
      const next = waiting.find((photo) => photo.id === this.current?.id) ?? waiting[0];
      if (!next) return;
      this.#working++;
      void next.develop().finally(() => {
        this.#working--;
        this.#developed(next);
        this.#work();
      });
    }
  }

  readonly #resume = () => this.#work();

  #developed(photo: Photo): void {
    if (!this.#find(photo.id))
      void photo.close(); // removed meanwhile
    else if (photo.state === 'failed') notices.show(`${photo.file.name}: ${photo.error}`);
    else notices.show(this.busy ? `${this.done} of ${this.photos.length} coloured` : this.#summary());
  }

  #summary(): string {
    const count = this.ready.length;
    const failed = this.photos.length - count;
    const colored =
      count === 1 ? `${this.ready[0]?.file.name} is coloured` : `${count} pictures are coloured`;
    return failed ? `${colored}, ${failed} could not be` : colored;
  }

  #find(id: string | null): Photo | undefined {
    return this.photos.find((photo) => photo.id === id);
  }

  #insert(photo: Photo): void {
    const after = this.photos.findIndex((other) => other.added > photo.added);
    this.photos.splice(after < 0 ? this.photos.length : after, 0, photo);
  }

  #takeOff(gone: Set<string>, at: number): void {
    const wasOpen = this.current && gone.has(this.current.id);
    const next = this.photos.slice(at + 1).find((photo) => !gone.has(photo.id));
    for (const photo of this.photos) if (gone.has(photo.id)) void photo.close();
    this.photos = this.photos.filter((photo) => !gone.has(photo.id));
    if (wasOpen) this.current = next ?? this.photos.at(-1) ?? null;
  }

  async #restore(stored: store.StoredPhoto): Promise<void> {
    const file = await store.getFile(stored.id);
    if (!file || this.#find(stored.id)) return;
    const photo = Photo.restored(stored, file);
    this.#insert(photo);
    void this.#looking(() => photo.look());
  }

  /** Another tab has done something. */
  async #hear({ what, id }: News): Promise<void> {
    const known = this.#find(id);
    if (what === 'removed') return this.#takeOff(new Set([id]), known ? this.photos.indexOf(known) : 0);
    const stored = await store.get(id);
    if (!stored || stored.removed) return;
    if (known) return known.adopt(stored);
    if (what === 'changed') return; // of one that was removed here
    await this.#restore(stored);
    this.current ??= this.#find(id) ?? null;
    this.#work();
  }
}

export const album = new Album();
