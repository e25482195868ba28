/** What the page asks of whoever colours: `server/` answers over HTTP, `browser/` in this very browser. Which of the
 *  two a build has is `#backend` in vite.config.ts. Every call may throw; `explain` says what that means. */
import type { Chroma, Edits, Hint, Session, Swatch } from './types';

export type Format = 'jpeg' | 'png' | 'tiff' | 'webp' | 'avif';

export interface RenderOptions {
  format: Format | null; // null: as the original
  layer: 'picture' | 'color';
}

export interface Backend {
  /** What downloads can be. */
  readonly formats: readonly Format[];

  openSession(file: File): Promise<Session>;
  getSession(id: string): Promise<Session>;
  closeSession(id: string): Promise<void>;

  /** The upright picture as neutral sRGB codes, its longer side `maxSide` at most. */
  lightness(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap>;
  predict(id: string, edits: Edits): Promise<Chroma>;
  variants(id: string, count: number, seed: number, edits: Edits): Promise<Chroma[]>;
  /** Likely colours of a place, beside the hints at other places. */
  palette(id: string, x: number, y: number, hints: Hint[], signal: AbortSignal): Promise<Swatch[]>;
  setReference(id: string, file: File): Promise<void>;
  dropReference(id: string): Promise<void>;
  /** The picture at full size, as the file that the user keeps. */
  render(id: string, edits: Edits, options: RenderOptions): Promise<File>;

  /** One clear line about what went wrong. */
  explain(error: unknown): Promise<string>;
  /** Whether the session was forgotten: it can be opened anew from the file. */
  isGone(error: unknown): boolean;
}
