/** What survives a reload: files and edits in IndexedDB, shared by all tabs of this browser. Every photograph is kept
 *  for itself, so that no tab overwrites what another has added, and each change is one transaction. */
import * as idb from 'idb-keyval';
import type { Edits } from './types';

export interface StoredEdits {
  steps: Edits[];
  at: number;
  revision: number; // counts changes, by whichever tab
}

export interface StoredPhoto extends StoredEdits {
  id: string;
  added: number; // its place in the row
  removed: number | null; // when; it can be brought back for a while
}

const CURRENT = 'current';
const PHOTO = 'photo-';
const FILE = 'file-';

/** All photographs, in their order, and the one that was open last. */
export async function load(): Promise<{ photos: StoredPhoto[]; current: string | null }> {
  const keys = (await idb.keys<string>()).filter((key) => key.startsWith(PHOTO));
  const photos = (await idb.getMany<StoredPhoto | undefined>(keys)).filter((photo) => photo !== undefined);
  const current = (await idb.get<string>(CURRENT)) ?? null;
  return { photos: photos.sort((one, other) => one.added - other.added), current };
}

export async function get(id: string): Promise<StoredPhoto | undefined> {
  return idb.get<StoredPhoto>(PHOTO + id);
}

export async function getFile(id: string): Promise<File | undefined> {
  return idb.get<File>(FILE + id);
}

export async function add(photo: StoredPhoto, file: File): Promise<void> {
  await idb.setMany([
    [FILE + photo.id, file],
    [PHOTO + photo.id, photo],
  ]);
}

/** Keep edits; `known` is the revision they were made on. Where another tab was quicker, ours come after its own. */
export async function keepEdits(id: string, known: number, steps: Edits[], at: number): Promise<StoredEdits> {
  let kept: StoredEdits = { steps, at, revision: known };
  await idb.update<StoredPhoto | undefined>(PHOTO + id, (stored) => {
    if (!stored) return stored; // removed for good, meanwhile
    kept = stored.revision === known ? { steps, at, revision: known + 1 } : merged(stored, steps[at]);
    return { ...stored, ...kept };
  });
  return kept;
}

export function merged(theirs: StoredEdits, ours: Edits | undefined): StoredEdits {
  const before = theirs.steps.slice(0, theirs.at + 1);
  const steps = ours ? [...before, ours] : before;
  return { steps, at: steps.length - 1, revision: theirs.revision + 1 };
}

export async function mark(id: string, removed: number | null): Promise<void> {
  await idb.update<StoredPhoto | undefined>(PHOTO + id, (stored) => stored && { ...stored, removed });
}

export async function forget(id: string): Promise<void> {
  await idb.delMany([PHOTO + id, FILE + id]);
}

export async function keepCurrent(id: string | null): Promise<void> {
  await idb.set(CURRENT, id);
}
