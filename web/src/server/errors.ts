/** What an error of the server means to somebody who only wants a photograph coloured. */
import { HTTPError } from 'ky';

/** Nobody was reached: the server has ended, or the network. */
export class Away extends Error {
  constructor() {
    super('The server does not answer. Is “colorize serve” still running?');
  }
}

// What our server says in technical words, said plainly. Other refusals are the server's own line.
const PLAIN: Record<number, string> = {
  413: 'This picture is too large for the server.',
  415: 'This is not a photograph that can be read here. JPEG, PNG, TIFF, WebP, AVIF and GIF can.',
  429: 'The server has too much to do just now. Try again in a moment.',
  503: 'The server has not enough memory for this just now. Try again later, or with a smaller picture.',
  504: 'This took too long. Try again when less is going on.',
};

/** One clear line about what went wrong. */
export async function explain(error: unknown): Promise<string> {
  if (error instanceof HTTPError) {
    const { status, statusText } = error.response;
    const detail = await detailOf(error.response);
    if (status === 422 && detail?.includes('cannot be read')) {
      return 'This file is damaged or incomplete. Copy it again from where it came.';
    }
    return PLAIN[status] ?? detail ?? `The server answered ${status} ${statusText}`.trim();
  }
  if (isAway(error)) return new Away().message;
  return error instanceof Error ? error.message : String(error);
}

/** The server has forgotten the session: it expired, or the server was started anew. */
export function isGone(error: unknown): boolean {
  return error instanceof HTTPError && error.response.status === 404;
}

export function isRefusal(error: unknown): boolean {
  return error instanceof HTTPError && [400, 413, 415, 422].includes(error.response.status);
}

/** A proxy whose server is away answers in its place. */
export function isAway(error: unknown): boolean {
  if (error instanceof HTTPError) return error.response.status === 502;
  return error instanceof TypeError || error instanceof Away;
}

export async function detailOf(response: Response): Promise<string | null> {
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as { detail?: unknown } | null;
  return typeof body?.detail === 'string' ? body.detail : null;
}
