/** One photograph's settings, given to others. Each takes them as a step of its own history. */
import { backend } from '#backend';
import type { Photo } from './photo.svelte';
import type { Edits, Hint } from './types';

export type Part = 'look' | 'reference' | 'hints';

/** Returns what failed: names, and why. */
export async function apply(from: Photo, to: Photo[], parts: Part[]): Promise<string[]> {
  const failed: string[] = [];
  const { reference } = from.edits;
  for (const photo of to) {
    try {
      if (parts.includes('reference') && reference) await photo.follow(reference);
      const change = changeFor(from, photo, parts);
      if (Object.keys(change).length) photo.commit(change, `Settings of ${from.file.name}`);
    } catch (error) {
      failed.push(`${photo.file.name} (${await backend.explain(error)})`);
    }
  }
  return failed;
}

function changeFor(from: Photo, to: Photo, parts: Part[]): Partial<Edits> {
  const { saturation, warmth, strength, hints } = from.edits;
  const change: Partial<Edits> = {};
  if (parts.includes('look')) Object.assign(change, { saturation, warmth, strength });
  if (parts.includes('hints') && from.size && to.size) change.hints = rescaled(hints, from.size, to.size);
  return change;
}

/** Hints at the same places of a picture of another size. */
export function rescaled(hints: Hint[], from: Size, to: Size): Hint[] {
  return hints.map((hint) => ({
    ...hint,
    x: (hint.x * to.width) / from.width,
    y: (hint.y * to.height) / from.height,
  }));
}

interface Size {
  width: number;
  height: number;
}
