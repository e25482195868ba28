/** What is this tab's own: which photograph or film is open, and the sessions that it has with the backend. */
import type { Edits } from './types';

export interface OwnFilm {
  id: string;
  name: string;
  edits: [number, Edits][]; // by the time of a shot's frame
}

interface Own {
  current: string | null;
  sessions: Record<string, string>; // by photograph
  film?: OwnFilm | null;
}

const KEY = 'colorizing-things';

// Kept while the page is away only: a copy of a tab ("Duplicate") then finds nothing, and begins sessions of its own.
export const tab: Own = take();
addEventListener('pagehide', () => sessionStorage.setItem(KEY, JSON.stringify(tab)));
addEventListener('pageshow', (event) => event.persisted && sessionStorage.removeItem(KEY));

function take(): Own {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return kept ? (JSON.parse(kept) as Own) : { current: null, sessions: {} };
}

/** What one tab tells the others. */
export interface News {
  what: 'added' | 'changed' | 'removed' | 'returned';
  id: string;
}

const channel = new BroadcastChannel(KEY);

export function tell(news: News): void {
  channel.postMessage(news);
}

export function listen(hear: (news: News) => void): void {
  channel.onmessage = (event: MessageEvent<News>) => hear(event.data);
}
