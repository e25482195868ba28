/** How the server is reached. */
import ky, { HTTPError } from 'ky';

export const ROOT = new URL('v1/', document.baseURI);
export const BUSY = { tries: 8, longest: 5000 }; // ms between two tries of a server that has too much to do

export const http = ky.create({
  prefixUrl: ROOT,
  timeout: false, // the server has a limit of its own, and says so in words
  retry: {
    limit: BUSY.tries,
    backoffLimit: BUSY.longest,
    shouldRetry: ({ error }) => isBusy(error), // a server that is away is the connection's business
  },
});

export function isBusy(error: unknown): boolean {
  return error instanceof HTTPError && error.response.status === 429;
}

export function form(file: File): FormData {
  const body = new FormData();
  body.append('file', file, file.name);
  return body;
}
