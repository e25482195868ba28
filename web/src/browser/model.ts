/** The model of this site: its card, its two graphs, and the runtime that runs them. */
import type { Card } from './card';
import { networkSize } from './field';
import { fetched } from './fetching';
import { smallLightness, type Pixels } from './pixels';
import { openRuntime, type Graph } from './runtime';
import { Seen } from './seen';

/** How much has come of what will. */
export type OnProgress = (bytes: number, total: number) => void;

export class Model {
  private constructor(
    readonly card: Card,
    private readonly encoder: Graph,
    private readonly decoder: Graph,
  ) {}

  /** `site`: the folder of the page. */
  static async load(site: string, onProgress: OnProgress): Promise<Model> {
    const folder = new URL('model/', site);
    const card = await cardOf(new URL('card.json', folder));
    const { encoder, decoder } = card.files;
    let bytes = 0;
    const total = encoder.bytes + decoder.bytes + RUNTIME.bytes;
    const get = (url: URL) =>
      fetched(url, (count) => {
        bytes += count;
        onProgress(Math.min(bytes, total), total);
      });
    const [runtime, ...graphs] = await Promise.all([
      get(new URL(RUNTIME.file, site)).then(openRuntime),
      get(new URL(encoder.file, folder)),
      get(new URL(decoder.file, folder)),
    ]);
    const [see, color] = [await runtime.open(graphs[0]), await runtime.open(graphs[1])];
    const model = new Model(card, see, color);
    await model.#warmUp();
    onProgress(total, total);
    return model;
  }

  /** The browser compiles well only what has run for a while: the first photograph should not pay for that. */
  async #warmUp(): Promise<void> {
    const side = this.card.default_size;
    const gray = new Uint8Array(side * side).fill(128);
    const seen = await this.see({ width: side, height: side, channels: 1, data: gray }, 'png');
    await seen.decode(null, seen.noise(0, 0, 0));
  }

  /** Look at a picture; `kind` is its file's format. */
  async see(pixels: Pixels, kind: string): Promise<Seen> {
    const [width, height] = networkSize(this.card, pixels.width, pixels.height);
    const data = smallLightness(pixels, width, height, kind);
    return Seen.see(this.card, this.encoder, this.decoder, { channels: 1, height, width, data });
  }
}

async function cardOf(url: URL): Promise<Card> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}; was the whole site copied?`);
  return (await response.json()) as Card;
}
