/** Large files of ours, fetched once: kept by this browser where it lets us (https, or localhost), and unpacked. */

export const CACHE = 'colorizing-things'; // the service worker's, too

/** `onBytes` hears how many more bytes have come, those from the cache too. */
export async function fetched(url: URL, onBytes: (count: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const known = await cache?.match(url);
  const response = known ?? (await fetch(url));
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${response.statusText}`.trim());
  const bytes = await collected(response, onBytes);
  if (cache && !known) {
    await cache.put(url, new Response(bytes)).catch(() => {}); // no room: it is fetched again next time
  }
  return unpacked(bytes);
}

async function collected(response: Response, onBytes: (count: number) => void) {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onBytes(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** A gzip file unpacked, unless the server has had the browser do it already. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
