/** The two lines in which the page speaks: what was just done, for screen readers too, and what went wrong. */
import { backend } from '#backend';

class Notices {
  status = $state('');
  problem = $state('');

  show(text: string): void {
    this.status = text;
  }

  async complain(error: unknown): Promise<void> {
    this.problem = await backend.explain(error);
  }
}

export const notices = new Notices();
