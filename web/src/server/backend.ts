/** The server's HTTP interface, typed. */
import ky from 'ky';
import { decodeLightness } from '../gl/bitmap';
import { offered, type LikelyColor } from '../gl/swatch';
import type { Backend, RenderOptions } from '../lib/backend';
import type { Chroma, Edits, Hint, Session, Swatch } from '../lib/types';
import { explain, isGone } from './errors';

const http = ky.create({
  prefixUrl: new URL('v1', document.baseURI),
  timeout: false, // the server has a limit of its own, and says so in words
  retry: { limit: 8, methods: ['get', 'post', 'put', 'delete'], statusCodes: [429], backoffLimit: 5000 },
});

async function openSession(file: File): Promise<Session> {
  return http.post('sessions', { body: form(file) }).json<Session>();
}

async function getSession(id: string): Promise<Session> {
  return http.get(`sessions/${id}`).json<Session>();
}

async function closeSession(id: string): Promise<void> {
  await http.delete(`sessions/${id}`);
}

async function lightness(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap> {
  const searchParams = { max_side: maxSide };
  return decodeLightness(await http.get(`sessions/${id}/lightness`, { searchParams, signal }).blob());
}

async function predict(id: string, edits: Edits): Promise<Chroma> {
  const { hints, variant, mood } = edits;
  const answer = await http.post(`sessions/${id}/predict`, { json: { hints, variant, mood } });
  const width = Number(answer.headers.get('X-Chroma-Width'));
  const height = Number(answer.headers.get('X-Chroma-Height'));
  const planes = new Float32Array(await answer.arrayBuffer());
  const plane = width * height;
  const confidence = planes.length >= 3 * plane ? planes.subarray(2 * plane, 3 * plane) : null;
  return { width, height, ab: planes.subarray(0, 2 * plane), confidence };
}

async function variants(id: string, count: number, seed: number, edits: Edits): Promise<Chroma[]> {
  const { hints, mood } = edits;
  const answer = await http
    .post(`sessions/${id}/variants`, { json: { count, seed, hints, mood } })
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
  signal: AbortSignal,
): Promise<Swatch[]> {
  const searchParams = new URLSearchParams({ x: String(x), y: String(y) });
  for (const hint of hints) searchParams.append('hint', `${plain(hint.x)},${plain(hint.y)}=${hint.color}`);
  const answer = await http
    .get(`sessions/${id}/palette`, { searchParams, signal })
    .json<{ colors: LikelyColor[] }>();
  return offered(answer.colors);
}

async function setReference(id: string, file: File): Promise<void> {
  await http.put(`sessions/${id}/reference`, { body: form(file) });
}

async function dropReference(id: string): Promise<void> {
  await http.delete(`sessions/${id}/reference`);
}

async function render(id: string, edits: Edits, options: RenderOptions): Promise<File> {
  const { hints, variant, mood, saturation, strength, warmth } = edits;
  const json = { hints, variant, mood, saturation, strength, warmth, quality: null, ...options };
  const answer = await http.post(`sessions/${id}/render`, { json });
  const blob = await answer.blob();
  const name = fileName(answer.headers.get('Content-Disposition') ?? '') ?? 'picture.color';
  return new File([blob], name, { type: blob.type });
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

function form(file: File): FormData {
  const body = new FormData();
  body.append('file', file, file.name);
  return body;
}

export const backend: Backend = {
  formats: ['jpeg', 'png', 'tiff', 'webp', 'avif'],
  openSession,
  getSession,
  closeSession,
  lightness,
  predict,
  variants,
  palette,
  setReference,
  dropReference,
  render,
  explain,
  isGone,
};
