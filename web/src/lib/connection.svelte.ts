/** Whether the backend answers. One that is away is asked again and again, and who waits for it is told. */
import { backend } from '#backend';

const PATIENCE = 1500; // ms that a hand waits before one looks whether anybody is there
const SIGN = 1200; // ms for a sign of life, while a hand waits
const CALM = 6000; // ms for one, when it is known that something is wrong
const AGAIN = 2000; // ms between two looks

class Connection {
  away = $state(false);
  #waiting = new Set<() => void>();

  /** Nobody was reached. */
  lost(): void {
    if (this.away) return;
    this.away = true;
    void this.#look();
  }

  /** Do something as soon as it is back: once, whatever was asked for before. Never at once: whoever asks has just failed. */
  onceBack(work: () => void): void {
    if (this.away) this.#waiting.add(work);
    else setTimeout(work, AGAIN);
  }

  /** An answer that a hand waits for; throws soon where nobody is there to give it. */
  async watched<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const timer = setInterval(() => {
      void backend.answers(SIGN).then((there) => there || abort.abort(new TypeError('no answer')));
    }, PATIENCE);
    try {
      const answer = await ask(abort.signal);
      this.#back();
      return answer;
    } catch (error) {
      const reason: unknown = abort.signal.aborted ? abort.signal.reason : error;
      if (backend.isAway(reason)) this.lost();
      throw reason;
    } finally {
      clearInterval(timer);
    }
  }

  async #look(): Promise<void> {
    while (this.away && !(await backend.answers(CALM))) await new Promise((done) => setTimeout(done, AGAIN));
    this.#back();
  }

  #back(): void {
    if (!this.away) return;
    this.away = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const work of waiting) work();
  }
}

export const connection = new Connection();
