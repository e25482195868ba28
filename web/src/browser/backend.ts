/** The backend without a server: a worker of this page colours. */
import * as Comlink from 'comlink';
import { offered } from '../gl/swatch';
import type { Backend, Format } from '../lib/backend';
import type { GraphicsPreference } from './graphics';
import { loading } from './loading.svelte';
import type { Studio } from './worker';

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'studio' });
const studio = Comlink.wrap<Studio>(worker);

async function start(): Promise<void> {
  const preference = graphicsPreference();
  await loading.follow((onProgress) =>
    studio.load(new URL('.', document.baseURI).href, preference, Comlink.proxy(onProgress)),
  );
  if (loading.problem) return;
  const runs = (await studio.moveToGraphics(preference)) ? 'graphics' : 'processor';
  document.documentElement.dataset['runs'] = runs; // for whoever drives the page
}
void start();

/** `?graphics=never` in the address, for who has trouble with his card; `always`, to try one out. */
function graphicsPreference(): GraphicsPreference {
  const said = new URLSearchParams(location.search).get('graphics');
  return said === 'never' || said === 'always' ? said : 'faster';
}

function formats(): Format[] {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const webp = canvas.toDataURL('image/webp').startsWith('data:image/webp');
  return webp ? ['jpeg', 'png', 'tiff', 'webp'] : ['jpeg', 'png', 'tiff'];
}

export const backend: Backend = {
  formats: formats(),
  privacy: 'Nothing leaves this device.',

  openSession(file, onSent, signal) {
    onSent?.(1); // it stays where it is
    if (loading.problem) void start(); // the network may be there again
    return stoppable(signal, () => studio.openSession(file));
  },
  async getSession(id) {
    throw Object.assign(new Error(`${id}: no session outlives its page`), { name: 'Gone' });
  },
  closeSession: (id) => studio.closeSession(id),
  lightness: (id, maxSide, signal) => stoppable(signal, () => studio.lightness(id, maxSide)),
  original: (id, maxSide, signal) => stoppable(signal, () => studio.original(id, maxSide)),
  guess: (id, edits) => studio.guess(id, edits),
  predict: (id, edits, signal) => stoppable(signal, (job) => studio.predict(id, edits, job)),
  variants: (id, count, seed, edits, signal) =>
    stoppable(signal, (job) => studio.variants(id, count, seed, edits, job)),
  async palette(id, x, y, hints, signal) {
    return offered(await stoppable(signal, (job) => studio.palette(id, x, y, hints, job)));
  },
  setReference: (id, file, signal) => stoppable(signal, () => studio.setReference(id, file)),
  dropReference: (id) => studio.dropReference(id),
  render: (id, edits, options, signal) => stoppable(signal, (job) => studio.render(id, edits, options, job)),

  films: null, // FFmpeg, optical flow and hours of work: the command's business

  async explain(error) {
    return error instanceof Error ? error.message : String(error);
  },
  isGone: (error) => isCalled(error, 'Gone'),
  isRefusal: (error) => isCalled(error, 'PictureProblem'),
  isAway: () => false, // it is here
  answers: async () => true,
};

/** An error's name crosses from the worker, its class does not. */
function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

let jobs = 0;

/** Ask the worker; where the signal is aborted it stops at the next run of the network, and this throws. */
async function stoppable<T>(signal: AbortSignal | undefined, ask: (job: number) => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  const job = ++jobs;
  const stop = () => void studio.stop(job);
  signal?.addEventListener('abort', stop);
  try {
    const answer = await ask(job);
    signal?.throwIfAborted();
    return answer;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
