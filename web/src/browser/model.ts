/** The model of this site: its card, its two graphs, and the runtime that runs them. */
import { gaussianNoise } from '../lib/noise';
import type { Card } from './card';
import { networkSize } from './field';
import { fetched } from './fetching';
import { alike } from './graphics';
import { HintField, POINT } from './hints';
import { smallLightness, type Pixels } from './pixels';
import { openRuntime, type Graph, type Kind, type Runtime } from './runtime';
import { Seen } from './seen';

/** How much has come of what will. */
export type OnProgress = (bytes: number, total: number) => void;

export class Model {
  private constructor(
    readonly card: Card,
    private readonly encoder: Graph,
    private readonly decoder: Graph,
  ) {}

  /** `site`: the folder of the page. `kind`: what the runtime knows. */
  static async load(site: string, kind: Kind, onProgress: OnProgress): Promise<Loaded> {
    const folder = new URL('model/', site);
    const card = await cardOf(new URL('card.json', folder));
    const { encoder, decoder } = card.files;
    const binary = RUNTIMES[kind];
    let bytes = 0;
    const total = encoder.bytes + decoder.bytes + binary.bytes;
    const get = (url: URL) =>
      fetched(url, (count) => {
        bytes += count;
        onProgress(Math.min(bytes, total), total);
      });
    const [runtime, ...graphs] = await Promise.all([
      get(new URL(binary.file, site)).then((found) => openRuntime(kind, found)),
      get(new URL(encoder.file, folder)),
      get(new URL(decoder.file, folder)),
    ]);
    const model = await Model.#open(card, graphs, runtime.open);
    await model.#rehearse(); // the browser compiles well only what has run for a while: not at the user's expense
    onProgress(total, total);
    return { model, graphs, runtime };
  }

  static async #open(
    card: Card,
    graphs: Graphs,
    open: (graph: Uint8Array) => Promise<Graph>,
  ): Promise<Model> {
    return new Model(card, await open(graphs[0]), await open(graphs[1]));
  }

  /**
   * Leave the work to the graphics card, where that has shown that it gives the same colours and, unless it must be, gives
   * them sooner. Where it fails later, the processor goes on.
   */
  async moveToGraphics({ graphs, runtime }: Loaded, evenIfSlower: boolean): Promise<boolean> {
    const open = runtime.openOnGraphics;
    if (!open) return false;
    const other = await Model.#open(this.card, graphs, open);
    await other.#rehearse(); // its programs are compiled
    const [mine, others] = [await this.#rehearse(), await other.#rehearse()];
    const better = alike(mine.ab, others.ab) && (evenIfSlower || others.ms < mine.ms);
    if (better) {
      this.encoder.leaveTo(other.encoder);
      this.decoder.leaveTo(other.decoder);
    } else {
      await other.encoder.close();
      await other.decoder.close();
    }
    return better;
  }

  /** One made-up picture, with a hint: its colours, and how long they took. */
  async #rehearse(): Promise<{ ab: Float32Array; ms: number }> {
    const side = this.card.default_size;
    const noise = gaussianNoise(0, 0, 1, side, side);
    const gray = Uint8Array.from(noise, (value) => Math.min(Math.max(128 + 50 * value, 0), 255));
    const started = performance.now();
    const seen = await this.see({ width: side, height: side, channels: 1, data: gray }, 'png');
    const hint = new HintField(seen.L.height, seen.L.width);
    hint.patch(seen.L.height >> 1, seen.L.width >> 1, POINT, [40, -20]);
    const { ab } = await seen.decode(hint, seen.noise(1, 0, 1));
    return { ab, ms: performance.now() - started };
  }

  /** Look at a picture; `kind` is its file's format. */
  async see(pixels: Pixels, kind: string): Promise<Seen> {
    const [width, height] = networkSize(this.card, pixels.width, pixels.height);
    const data = smallLightness(pixels, width, height, kind);
    return Seen.see(this.card, this.encoder, this.decoder, { channels: 1, height, width, data });
  }
}

type Graphs = [encoder: Uint8Array, decoder: Uint8Array];

/** A model, and what it was made of. */
export interface Loaded {
  model: Model;
  graphs: Graphs;
  runtime: Runtime;
}

async function cardOf(url: URL): Promise<Card> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}; was the whole site copied?`);
  return (await response.json()) as Card;
}
