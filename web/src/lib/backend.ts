/** What the page asks of whoever colours: `server/` answers over HTTP, `browser/` in this very browser. Which of the
 *  two a build has is `#backend` in vite.config.js. Every call may throw; `explain` says what that means. A call whose
 *  signal is aborted throws, and its work stops. */
import type { Films } from './films';
import type { Chroma, Edits, Hint, Session, Swatch } from './types';

export type Format = 'jpeg' | 'png' | 'tiff' | 'webp' | 'avif';

export interface RenderOptions {
  format: Format | null; // null: as the original
  layer: 'picture' | 'color';
  quality: number | null; // 1 to 100, of lossy formats; null: as usual
}

export interface Backend {
  /** What downloads can be. */
  readonly formats: readonly Format[];
  /** Where the pictures go, in a sentence. */
  readonly privacy: string;

  /** `onSent`: which share of the file has arrived, 0..1. */
  openSession(file: File, onSent?: (share: number) => void, signal?: AbortSignal): Promise<Session>;
  getSession(id: string): Promise<Session>;
  closeSession(id: string): Promise<void>;

  /** The upright picture as neutral sRGB codes, its alpha beside them, its longer side `maxSide` at most. */
  lightness(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap>;
  /** The upright picture as the file has it. Asked only where this browser cannot show the file by itself. */
  original(id: string, maxSide: number, signal?: AbortSignal): Promise<ImageBitmap>;
  /** What `predict` will say, guessed, where that is much quicker and can be; null otherwise. */
  guess(id: string, edits: Edits): Promise<Chroma | null>;
  predict(id: string, edits: Edits, signal?: AbortSignal): Promise<Chroma>;
  variants(id: string, count: number, seed: number, edits: Edits, signal?: AbortSignal): Promise<Chroma[]>;
  /** Likely colours of a place, beside the hints at other places. */
  palette(id: string, x: number, y: number, hints: Hint[], signal?: AbortSignal): Promise<Swatch[]>;
  setReference(id: string, file: File, signal?: AbortSignal): Promise<void>;
  dropReference(id: string): Promise<void>;
  /** The picture at full size, as the file that the user keeps. */
  render(id: string, edits: Edits, options: RenderOptions, signal?: AbortSignal): Promise<File>;

  /** Null: it colours none. */
  readonly films: Films | null;

  /** One clear line about what went wrong, in plain words. */
  explain(error: unknown): Promise<string>;
  /** Whether the session was forgotten: it can be opened anew from the file. */
  isGone(error: unknown): boolean;
  /** Whether asking the same again can never help: the file or the request itself is refused. */
  isRefusal(error: unknown): boolean;
  /** Whether nobody was reached at all. */
  isAway(error: unknown): boolean;
  /** Whether somebody answers within so many milliseconds; never throws. */
  answers(patience: number): Promise<boolean>;
}
