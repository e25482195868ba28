/** Sending a file, with progress. `fetch` tells none of it, so this is the older interface. */
import { HTTPError, type NormalizedOptions } from 'ky';
import { Away } from './errors';

/** POST a form; the answer's JSON. */
export function send<Answer>(
  url: URL,
  body: FormData,
  onSent: (share: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal?.addEventListener('abort', stop);
    request.open('POST', url);
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.onload = () => {
      const { status, statusText, responseText } = request;
      if (status >= 200 && status < 300) return resolve(JSON.parse(responseText) as Answer);
      const response = new Response(responseText, { status, statusText, headers: retryAfter(request) });
      reject(new HTTPError(response, new Request(url), {} as NormalizedOptions));
    };
    request.onerror = () => reject(new Away());
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    request.send(body);
  });
}

function retryAfter(request: XMLHttpRequest): HeadersInit {
  const seconds = request.getResponseHeader('Retry-After');
  return seconds ? { 'Retry-After': seconds } : {};
}
