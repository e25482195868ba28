/** What the page asks of a backend that colours films; the words are those of the server's JSON. */
import type { Hint, Look } from './types';

export interface FilmInfo {
  id: string;
  name: string;
  width: number;
  height: number;
  frames: number | null;
  colored: boolean;
}

/** A shot by one of its frames: when that is shown, in seconds, and the address of its thumbnail. */
export interface Shot {
  time: number;
  thumbnail: string;
}

export interface FilmRequest extends Look {
  hints: (Omit<Hint, 'stroke'> & { time: number })[];
  mood: number | null;
}

export type FilmProgress =
  | { state: 'waiting' }
  | {
      state: 'working';
      frames: number;
      expected: number | null;
      shot: number;
      rate: number;
      seconds_left: number | null;
    };

export type FilmLine =
  | FilmProgress
  | {
      state: 'done';
      name: string;
      frames: number;
      shots: number;
      damaged: number;
      lost: number;
      broken_off: boolean;
    }
  | { state: 'failed'; status: number; detail: string };

export interface Films {
  open(file: File, onSent: (share: number) => void, signal?: AbortSignal): Promise<FilmInfo>;
  get(id: string): Promise<FilmInfo>;
  shots(id: string): Promise<Shot[]>;
  /** The frame at a moment, grey, as a picture that can be opened like a photograph. */
  frame(id: string, time: number): Promise<Blob>;
  /** Colour it all; resolves when it is done. Aborted, the work stops; asked the same again, it goes on from there. */
  color(
    id: string,
    request: FilmRequest,
    onProgress: (progress: FilmProgress) => void,
    signal: AbortSignal,
  ): Promise<FilmLine & { state: 'done' }>;
  /** Where the coloured film is fetched from. */
  address(id: string): string;
  close(id: string): Promise<void>;
}

const SUFFIXES =
  /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m2v|vob|ts|m2?ts|mxf|ogv|flv|3gp|wmv|asf|dv|nut|y4m|rm|divx)$/i;

export function isFilm(file: File): boolean {
  return file.type.startsWith('video/') || SUFFIXES.test(file.name);
}

/** Seconds as a clock shows them. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
