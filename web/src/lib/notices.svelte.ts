/** The lines in which the page speaks: what was just done, for screen readers too, what can be taken back, and what
 *  went wrong. */
import { backend } from '#backend';

export interface Offer {
  text: string;
  label: string;
  act: () => void;
}

class Notices {
  status = $state('');
  problem = $state('');
  offer = $state.raw<Offer | null>(null);

  show(text: string): void {
    this.status = text;
  }

  async complain(error: unknown): Promise<void> {
    this.problem = await backend.explain(error);
  }
}

export const notices = new Notices();
