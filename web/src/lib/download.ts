/** Files for the user: one, or all of them as a zip. */
import { Zip, ZipPassThrough } from 'fflate';
import type { RenderOptions } from './backend';
import type { Photo } from './photo.svelte';

export function save(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

/** Render one after the other into a zip. Pictures are compressed already, so they are only stored. */
export async function zipAll(
  photos: Photo[],
  options: RenderOptions,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<File> {
  const parts: BlobPart[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(new Blob([chunk as BlobPart])); // a Blob may leave memory, an array may not
  });
  const names = new Set<string>();
  for (const [index, photo] of photos.entries()) {
    signal.throwIfAborted();
    const file = await photo.render(options);
    const entry = new ZipPassThrough(unusedName(file.name, names));
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
    onProgress(index + 1);
  }
  zip.end(); // what is only stored is written at once
  return new File(parts, 'coloured.zip', { type: 'application/zip' });
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
