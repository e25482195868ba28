/** The server's HTTP interface, typed. */
import { asItIs } from '../gl/bitmap';
import { offered, type LikelyColor } from '../gl/swatch';
import type { Backend, RenderOptions } from '../lib/backend';
import type { Chroma, Edits, Hint, Session, Swatch } from '../lib/types';
import { explain, isAway, isGone, isRefusal } from './errors';
import { films } from './films';
import { BUSY, form, http, isBusy, ROOT } from './http';
import { send } from './upload';

async function openSession(
  file: File,
  onSent?: (share: number) => void,
  signal?: AbortSignal,
): Promise<Session> {
  for (let tried = 1; ; tried++) {
    try {
      return await send<Session>(new URL('sessions', ROOT), form(file), onSent, signal);
    } catch (error) {
      if (!isBusy(error) || tried > BUSY.tries) throw error;
      await new Promise((done) => setTimeout(done, Math.min(BUSY.longest, 500 * tried)));
    }
  }
}

async function getSession(id: string): Promise<Session> {
  return http.get(`sessions/${id}`).json<Session>();
}

async function closeSession(id: string): Promise<void> {
  await http.delete(`sessions/${id}`);
}

async function lightness(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap> {
  const searchParams = { max_side: maxSide };
  return asItIs(await http.get(`sessions/${id}/lightness`, { searchParams, signal }).blob());
}

async function original(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap> {
  const searchParams = { max_side: maxSide };
  return asItIs(await http.get(`sessions/${id}/original`, { searchParams, signal }).blob());
}

async function predict(id: string, edits: Edits, signal?: AbortSignal): Promise<Chroma> {
  const { variant, mood } = edits;
  const json = { hints: sent(edits.hints), variant, mood };
  const answer = await http.post(`sessions/${id}/predict`, { json, signal });
  const width = Number(answer.headers.get('X-Chroma-Width'));
  const height = Number(answer.headers.get('X-Chroma-Height'));
  const planes = new Float32Array(await answer.arrayBuffer());
  const plane = width * height;
  const confidence = planes.length >= 3 * plane ? planes.subarray(2 * plane, 3 * plane) : null;
  return { width, height, ab: planes.subarray(0, 2 * plane), confidence };
}

async function variants(
  id: string,
  count: number,
  seed: number,
  edits: Edits,
  signal?: AbortSignal,
): Promise<Chroma[]> {
  const json = { count, seed, hints: sent(edits.hints), mood: edits.mood };
  const answer = await http
    .post(`sessions/${id}/variants`, { json, signal })
    .json<{ width: number; height: number; variants: string[] }>();
  return answer.variants.map((base64) => ({
    width: answer.width,
    height: answer.height,
    ab: new Float32Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer),
    confidence: null,
  }));
}

async function palette(
  id: string,
  x: number,
  y: number,
  hints: Hint[],
  signal?: AbortSignal,
): Promise<Swatch[]> {
  const searchParams = new URLSearchParams({ x: String(x), y: String(y) });
  for (const { x, y, color, reach } of hints) {
    searchParams.append('hint', `${plain(x)},${plain(y)}=${color}${reach ? `,reach=${reach}` : ''}`);
  }
  const answer = await http
    .get(`sessions/${id}/palette`, { searchParams, signal })
    .json<{ colors: LikelyColor[] }>();
  return offered(answer.colors);
}

async function setReference(id: string, file: File, signal?: AbortSignal): Promise<void> {
  await http.put(`sessions/${id}/reference`, { body: form(file), signal });
}

async function dropReference(id: string): Promise<void> {
  await http.delete(`sessions/${id}/reference`);
}

async function render(id: string, edits: Edits, options: RenderOptions, signal?: AbortSignal): Promise<File> {
  const { variant, mood, saturation, strength, warmth } = edits;
  const json = { hints: sent(edits.hints), variant, mood, saturation, strength, warmth, ...options };
  const answer = await http.post(`sessions/${id}/render`, { json, signal });
  const blob = await answer.blob();
  const name = fileName(answer.headers.get('Content-Disposition') ?? '') ?? 'picture.color';
  return new File([blob], name, { type: blob.type });
}

async function answers(patience: number): Promise<boolean> {
  try {
    const health = new URL('healthz', document.baseURI);
    return (await fetch(health, { cache: 'no-store', signal: AbortSignal.timeout(patience) })).ok;
  } catch {
    return false;
  }
}

/** Hints in the server's words: it refuses words that it does not know. */
function sent(hints: Hint[]): Hint[] {
  return hints.map(({ x, y, color, reach }) => ({ x, y, color, reach }));
}

/** A coordinate without an exponent, and still inside the picture. */
function plain(coordinate: number): number {
  return Math.floor(100 * coordinate) / 100;
}

/** The name in a Content-Disposition; the encoded one (RFC 6266) before the plain one. */
export function fileName(disposition: string): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  if (encoded) return decodeURIComponent(encoded);
  return /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? null;
}

export const backend: Backend = {
  formats: ['jpeg', 'png', 'tiff', 'webp', 'avif'],
  privacy: 'Nothing leaves the machine that serves this page.',
  openSession,
  getSession,
  closeSession,
  lightness,
  original,
  guess: async () => null, // the truth is as quick
  predict,
  variants,
  palette,
  setReference,
  dropReference,
  render,
  films,
  explain,
  isGone,
  isRefusal,
  isAway,
  answers,
};
