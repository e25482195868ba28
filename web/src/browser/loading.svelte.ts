/** How far the model has come: it is fetched once, while the page can be used already. */
import type { OnProgress } from './model';

class Loading {
  bytes = $state(0);
  total = $state(0);
  done = $state(false);
  problem = $state('');

  async follow(load: (onProgress: OnProgress) => Promise<void>): Promise<void> {
    this.problem = '';
    try {
      await load((bytes, total) => {
        this.bytes = bytes;
        this.total = total;
      });
      this.done = true;
      document.documentElement.dataset['network'] = 'ready'; // for whoever drives the page
    } catch (error) {
      this.problem = `The network could not be fetched: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

export const loading = new Loading();
