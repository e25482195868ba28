/** What survives a reload: files and edits in IndexedDB, this browser's own. Sessions may be gone by then. */
import * as idb from 'idb-keyval';
import type { Edits } from './types';

export interface StoredPhoto {
  id: string;
  file: File;
  sessionId: string | null;
  steps: Edits[];
  at: number;
}

export interface StoredAlbum {
  order: string[];
  current: string | null;
}

const ALBUM = 'album';

export async function load(): Promise<{ photos: StoredPhoto[]; current: string | null }> {
  const album = await idb.get<StoredAlbum>(ALBUM);
  if (!album) return { photos: [], current: null };
  const photos = await idb.getMany<StoredPhoto | undefined>(album.order.map(keyOf));
  return { photos: photos.filter((photo) => photo !== undefined), current: album.current };
}

export async function saveAlbum(album: StoredAlbum): Promise<void> {
  await idb.set(ALBUM, album);
}

export async function savePhoto(photo: StoredPhoto): Promise<void> {
  await idb.set(keyOf(photo.id), photo);
}

export async function forget(id: string): Promise<void> {
  await idb.del(keyOf(id));
}

function keyOf(id: string): string {
  return `photo:${id}`;
}
