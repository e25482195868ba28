/** Films over HTTP. What the server says against one is shown in its own words. */
import { HTTPError } from 'ky';
import type { FilmInfo, FilmLine, FilmProgress, Films, FilmRequest, Shot } from '../lib/films';
import { detailOf } from './errors';
import { form, http, ROOT } from './http';
import { send } from './upload';

async function open(file: File, onSent: (share: number) => void, signal?: AbortSignal): Promise<FilmInfo> {
  return inItsWords(() => send<FilmInfo>(new URL('films', ROOT), form(file), onSent, signal));
}

async function shots(id: string): Promise<Shot[]> {
  const answer = await inItsWords(() => http.get(`films/${id}/shots`).json<{ shots: Shot[] }>());
  return answer.shots.map(({ time, thumbnail }) => ({
    time,
    thumbnail: `data:image/jpeg;base64,${thumbnail}`,
  }));
}

async function color(
  id: string,
  request: FilmRequest,
  onProgress: (progress: FilmProgress) => void,
  signal: AbortSignal,
): Promise<FilmLine & { state: 'done' }> {
  const answer = await inItsWords(() => http.post(`films/${id}/color`, { json: request, signal }));
  for await (const line of linesOf(answer)) {
    const said = JSON.parse(line) as FilmLine;
    if (said.state === 'done') return said;
    if (said.state === 'failed') throw new Error(said.detail);
    onProgress(said);
  }
  throw new TypeError('the answer broke off');
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    const parts = (rest + (value ?? '')).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
    if (done) return;
  }
}

async function inItsWords<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HTTPError) || ![413, 415, 422].includes(error.response.status)) throw error;
    throw new Error((await detailOf(error.response)) ?? error.message);
  }
}

export const films: Films = {
  open,
  get: (id) => http.get(`films/${id}`).json<FilmInfo>(),
  shots,
  frame: (id, time) => http.get(`films/${id}/frame`, { searchParams: { time } }).blob(),
  color,
  address: (id) => new URL(`films/${id}/file`, ROOT).href,
  async close(id) {
    await http.delete(`films/${id}`);
  },
};
