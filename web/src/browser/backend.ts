/** The backend without a server: a worker of this page colours. */
import * as Comlink from 'comlink';
import { offered } from '../gl/swatch';
import type { Backend, Format } from '../lib/backend';
import { loading } from './loading.svelte';
import type { Studio } from './worker';

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'studio' });
const studio = Comlink.wrap<Studio>(worker);

const start = (): Promise<void> =>
  loading.follow((onProgress) => studio.load(new URL('.', document.baseURI).href, Comlink.proxy(onProgress)));
void start();

function formats(): Format[] {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const webp = canvas.toDataURL('image/webp').startsWith('data:image/webp');
  return webp ? ['jpeg', 'png', 'tiff', 'webp'] : ['jpeg', 'png', 'tiff'];
}

export const backend: Backend = {
  formats: formats(),

  async openSession(file) {
    if (loading.problem) void start(); // the network may be there again
    return studio.openSession(file);
  },
  async getSession(id) {
    throw Object.assign(new Error(`${id}: no session outlives its page`), { name: 'Gone' });
  },
  closeSession: (id) => studio.closeSession(id),
  async lightness(id, maxSide, signal) {
    const bitmap = await studio.lightness(id, maxSide);
    signal?.throwIfAborted();
    return bitmap;
  },
  predict: (id, edits) => studio.predict(id, edits),
  variants: (id, count, seed, edits) => studio.variants(id, count, seed, edits),
  async palette(id, x, y, hints, signal) {
    const colors = await studio.palette(id, x, y, hints);
    signal.throwIfAborted();
    return offered(colors);
  },
  setReference: (id, file) => studio.setReference(id, file),
  dropReference: (id) => studio.dropReference(id),
  render: (id, edits, options) => studio.render(id, edits, options),

  async explain(error) {
    return error instanceof Error ? error.message : String(error);
  },
  isGone: (error) => error instanceof Error && error.name === 'Gone',
};
