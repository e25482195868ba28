/** Files for the user: one, or all of them as a zip. */
import { Zip, ZipPassThrough } from 'fflate';
import { backend } from '#backend';
import type { RenderOptions } from './backend';
import type { Photo } from './photo.svelte';

export function save(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

/** Render one after the other into a zip. Pictures are compressed already, so they are only stored. What fails is left
 *  out and named; where nobody is there to render them, all fails. */
export async function zipAll(
  photos: Photo[],
  options: RenderOptions,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<{ file: File; failed: string[] }> {
  const parts: BlobPart[] = [];
  const failed: string[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(new Blob([chunk as BlobPart])); // a Blob may leave memory, an array may not
  });
  const names = new Set<string>();
  for (const [index, photo] of photos.entries()) {
    signal.throwIfAborted();
    try {
      const file = await photo.render(options, signal);
      const entry = new ZipPassThrough(unusedName(file.name, names));
      zip.add(entry);
      entry.push(new Uint8Array(await file.arrayBuffer()), true);
    } catch (error) {
      if (signal.aborted || backend.isAway(error)) throw error;
      failed.push(`${photo.file.name} (${await backend.explain(error)})`);
    }
    onProgress(index + 1);
  }
  if (failed.length === photos.length) throw new Error(`Nothing could be rendered: ${failed.join('; ')}`);
  zip.end(); // what is only stored is written at once
  return { file: new File(parts, 'coloured.zip', { type: 'application/zip' }), failed };
}

/** `old.color.jpg`, then `old.color 2.jpg`: two folders may hold pictures of one name. */
function unusedName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, suffix] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${stem} ${n}${suffix}`;
  taken.add(free);
  return free;
}
