/** All photographs on the table, and which of them is open. */
import pLimit from 'p-limit';
import { notices } from './notices.svelte';
import { Photo } from './photo.svelte';
import * as store from './store';

const AT_ONCE = 2; // uploads on their way: the server works on one while the next travels

class Album {
  photos = $state<Photo[]>([]);
  current = $state<Photo | null>(null);
  restoring = $state(true);

  done = $derived(this.photos.filter((photo) => photo.state === 'ready' || photo.state === 'failed').length);
  ready = $derived(this.photos.filter((photo) => photo.state === 'ready'));
  busy = $derived(this.done < this.photos.length);

  #queue = pLimit(AT_ONCE);

  /** What this browser kept from last time. */
  async restore(): Promise<void> {
    try {
      const { photos, current } = await store.load();
      // A quick hand may have dropped pictures meanwhile.
      const dropped = new Set(this.photos.map((photo) => photo.id));
      const restored = photos.filter(({ id }) => !dropped.has(id)).map((stored) => Photo.restored(stored));
      this.photos = [...restored, ...this.photos];
      this.current ??= restored.find((photo) => photo.id === current) ?? restored[0] ?? null;
      const first = this.current; // the one that is looked at comes first
      if (first && restored.includes(first)) this.#develop(first);
      for (const photo of restored) if (photo !== first) this.#develop(photo);
      if (dropped.size) this.#saveOrder();
    } catch {
      notices.show('This browser keeps nothing: download your work before you leave');
    } finally {
      this.restoring = false;
    }
  }

  add(files: File[]): void {
    if (!files.length) return;
    const added = files.map((file) => new Photo(file));
    this.photos.push(...added);
    this.current ??= added[0] ?? null;
    if (added.length === 1) this.current = added[0] ?? null;
    for (const photo of added) {
      void photo.save();
      this.#develop(photo);
    }
    this.#saveOrder();
    notices.show(files.length === 1 ? `Colouring ${files[0]?.name}` : `Colouring ${files.length} pictures`);
  }

  open(photo: Photo): void {
    this.current = photo;
    this.#saveOrder();
  }

  retry(photo: Photo): void {
    this.#develop(photo);
  }

  remove(photo: Photo): void {
    const at = this.photos.indexOf(photo);
    this.photos.splice(at, 1);
    if (this.current === photo) this.current = this.photos[Math.min(at, this.photos.length - 1)] ?? null;
    void photo.discard();
    this.#saveOrder();
    notices.show(`${photo.file.name} removed`);
  }

  clear(): void {
    const photos = this.photos;
    this.photos = [];
    this.current = null;
    for (const photo of photos) void photo.discard();
    this.#saveOrder();
    notices.show('All pictures removed');
  }

  #develop(photo: Photo): void {
    photo.state = 'waiting';
    void this.#queue(async () => {
      if (!this.photos.includes(photo)) return; // removed while it waited
      await photo.develop();
      if (photo.state === 'failed') notices.show(`${photo.file.name}: ${photo.error}`);
      else notices.show(this.busy ? `${this.done} of ${this.photos.length} coloured` : this.#summary());
    });
  }

  #summary(): string {
    const count = this.ready.length;
    const failed = this.photos.length - count;
    const coloured =
      count === 1 ? `${this.ready[0]?.file.name} is coloured` : `${count} pictures are coloured`;
    return failed ? `${coloured}, ${failed} could not be` : coloured;
  }

  #saveOrder(): void {
    const order = this.photos.map((photo) => photo.id);
    void store.saveAlbum({ order, current: this.current?.id ?? null }).catch(() => {});
  }
}

export const album = new Album();
