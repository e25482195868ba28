/** Where pictures are decoded, coloured and encoded, away from the page. */
import * as Comlink from 'comlink';
import type { LikelyColor } from '../gl/swatch';
import type { RenderOptions } from '../lib/backend';
import type { Chroma, Edits, Hint, Session as SessionInfo } from '../lib/types';
import { newId } from '../lib/ids';
import { abilities } from './card';
import { decoded, type Decoded } from './decode';
import { encoded, encodedLayer, ownFormat } from './encode';
import { mayUseGraphics, type GraphicsPreference } from './graphics';
import { besideOf, withBeside } from './metadata/beside';
import { Model, type Loaded, type OnProgress } from './model';
import { colorImage, hasAlpha, lightnessImage, type Pixels } from './pixels';
import { Session } from './session';
import { resized } from './resize';

const MOST_SESSIONS = 64; // some 3 MB each; who has lost its session opens it anew
const MOST_DECODED = 2; // pictures whose pixels are kept: the one that is looked at, and the one that is coming
const LONGEST_JOB = 600_000; // ms
const SUFFIXES = { jpeg: /\.(jpe?g|jpe|jfif)$/i, png: /\.png$/i, tiff: /\.tiff?$/i, webp: /\.webp$/i };

/** The session was forgotten. The name crosses to the page, the class does not. */
class Gone extends Error {
  override readonly name = 'Gone';
}

let model: Promise<Loaded> | undefined;
const sessions = new Map<string, Session>(); // the longest unused first
const pixels = new Map<File, Promise<Decoded>>(); // likewise
const stopped = new Set<number>();

const studio = {
  /** Fetch the model; may be called again after a failure. */
  async load(site: string, preference: GraphicsPreference, onProgress: OnProgress): Promise<void> {
    model = load(site, preference, onProgress);
    model.catch(() => (model = undefined));
    await model;
  },

  /** Let a graphics card do the network's work, if there is one that does it as well and faster; says whether. */
  async moveToGraphics(preference: GraphicsPreference): Promise<boolean> {
    const loaded = await model;
    try {
      return loaded !== undefined && (await loaded.model.moveToGraphics(loaded, preference === 'always'));
    } catch (error) {
      console.warn('the graphics card is not used:', error);
      return false;
    }
  },

  async openSession(file: File): Promise<SessionInfo> {
    if (!model) throw new Error('The network could not be fetched: reload the page when you are online');
    const [{ kind, pixels: decodedPixels }, { model: loaded }] = await Promise.all([decode(file), model]);
    const session = await Session.open(loaded, file, kind, decodedPixels);
    const id = newId();
    remember(sessions, id, session, MOST_SESSIONS);
    const { width, height } = session;
    return {
      id,
      name: file.name,
      width,
      height,
      kind,
      pages: 1,
      has_alpha: hasAlpha(decodedPixels),
      default_size: loaded.card.default_size,
      can: abilities(loaded.card),
      mood: loaded.card.mood ?? 0,
      expires_in: Infinity,
    };
  },

  closeSession(id: string): void {
    const session = sessions.get(id);
    sessions.delete(id);
    if (session) pixels.delete(session.file);
  },

  lightness: async (id: string, maxSide: number): Promise<ImageBitmap> =>
    bitmapOf(lightnessImage(await noLarger(find(id), maxSide))),

  original: async (id: string, maxSide: number): Promise<ImageBitmap> =>
    bitmapOf(colorImage(await noLarger(find(id), maxSide))),

  guess: (id: string, edits: Edits): Chroma | null => find(id).guess(edits),

  /** `job`: a number by which to stop it. */
  predict: (id: string, edits: Edits, job: number): Promise<Chroma> => find(id).predict(edits, goesOn(job)),

  variants: (id: string, count: number, seed: number, edits: Edits, job: number): Promise<Chroma[]> =>
    find(id).variants(count, seed, edits, goesOn(job)),

  palette: (id: string, x: number, y: number, hints: Hint[], job: number): Promise<LikelyColor[]> =>
    find(id).palette(x, y, hints, goesOn(job)),

  stop(job: number): void {
    stopped.add(job);
    setTimeout(() => stopped.delete(job), LONGEST_JOB);
  },

  async setReference(id: string, file: File): Promise<void> {
    const { kind, pixels: other } = await decoded(file);
    await find(id).setReference(other, kind);
  },

  dropReference: (id: string): void => find(id).dropReference(),

  async render(
    id: string,
    edits: Edits,
    { format, layer, quality }: RenderOptions,
    job: number,
  ): Promise<File> {
    const session = find(id);
    const { file, kind } = session;
    const chroma = await session.predict(edits, goesOn(job));
    const { pixels: whole } = await decode(file);
    goesOn(job)();
    const written = layer === 'color' ? 'png' : (format ?? ownFormat(kind));
    const made =
      layer === 'color'
        ? encodedLayer(whole, chroma, edits)
        : encoded(whole, chroma, edits, written, quality);
    const bare = await made;
    const said = besideOf(kind, new Uint8Array(await file.arrayBuffer()));
    const result = withBeside(written, new Uint8Array(await bare.arrayBuffer()), said);
    return new File([result], resultName(file.name, written, layer), { type: `image/${written}` });
  },
};

export type Studio = typeof studio;
Comlink.expose(studio);

/** A runtime that knows graphics cards is fetched only where there is one; if it does not start, the other. */
async function load(site: string, preference: GraphicsPreference, onProgress: OnProgress): Promise<Loaded> {
  if (await mayUseGraphics(preference)) {
    try {
      return await Model.load(site, 'graphics', onProgress);
    } catch (error) {
      console.warn('the graphics card is not used:', error);
    }
  }
  return Model.load(site, 'processor', onProgress);
}

async function noLarger({ file, kind, width, height }: Session, maxSide: number): Promise<Pixels> {
  const { pixels: whole } = await decode(file);
  const scale = Math.min(1, maxSide / Math.max(width, height));
  if (scale === 1) return whole;
  const size = (side: number) => Math.max(1, Math.round(side * scale));
  return resized(whole, size(width), size(height), kind === 'jpeg');
}

async function bitmapOf(image: ImageData): Promise<ImageBitmap> {
  const bitmap = await createImageBitmap(image, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  return Comlink.transfer(bitmap, [bitmap]);
}

/** Throws from when on the job is stopped. */
function goesOn(job: number): () => void {
  return () => {
    if (stopped.has(job)) throw new Error('stopped');
  };
}

function find(id: string): Session {
  const session = sessions.get(id);
  if (!session) throw new Gone('the session was forgotten');
  remember(sessions, id, session, MOST_SESSIONS);
  return session;
}

function decode(file: File): Promise<Decoded> {
  const known = pixels.get(file) ?? decoded(file);
  remember(pixels, file, known, MOST_DECODED);
  known.catch(() => pixels.delete(file));
  return known;
}

/** Put last; what has been unused longest goes. */
function remember<Key, Value>(all: Map<Key, Value>, key: Key, value: Value, most: number): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}

/** `old.color.jpg` for `old.jpg`: its own suffix where that fits the format. */
function resultName(name: string, format: string, layer: RenderOptions['layer']): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const own = SUFFIXES[format as keyof typeof SUFFIXES].test(name);
  const usual = { jpeg: '.jpg', tiff: '.tif' }[format] ?? `.${format}`;
  return `${stem}.${layer === 'color' ? 'layer' : 'color'}${own ? name.slice(dot) : usual}`;
}
