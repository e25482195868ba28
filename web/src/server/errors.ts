import { HTTPError } from 'ky';

/** One clear line about what went wrong, from the server where it said one. */
export async function explain(error: unknown): Promise<string> {
  if (error instanceof HTTPError) {
    const detail: unknown = await error.response
      .clone()
      .json()
      .then((body: { detail?: unknown }) => body.detail)
      .catch(() => null);
    if (typeof detail === 'string') return detail;
    return `The server answered ${error.response.status} ${error.response.statusText}`.trim();
  }
  if (error instanceof TypeError) return 'The server does not answer. Is “colorize serve” still running?';
  return error instanceof Error ? error.message : String(error);
}

/** The server has forgotten the session: it expired, or the server was started anew. */
export function isGone(error: unknown): boolean {
  return error instanceof HTTPError && error.response.status === 404;
}
