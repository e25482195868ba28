/** What a network has made of one picture, to be asked for its colours again and again (model/seen.py). */
import { gaussianNoise } from '../lib/noise';
import type { Chroma } from '../lib/types';
import type { Card } from './card';
import type { Field } from './field';
import { Frame } from './field';
import type { HintField } from './hints';
import type { Check, Graph } from './runtime';

const NOISE_CHANNELS = 2; // a and b

export class Seen {
  constructor(
    readonly card: Card,
    readonly L: Field, // one plane, 0..100
    private readonly decoder: Graph,
    private readonly frame: Frame,
    private readonly feeds: Record<string, Field>,
  ) {}

  static async see(card: Card, encoder: Graph, decoder: Graph, L: Field): Promise<Seen> {
    const frame = new Frame(card.stride, L.height, L.width);
    const padded = frame.pad(L, 'mirrored');
    const features = await encoder.run(encoder.outputs, { L: padded });
    return new Seen(card, L, decoder, frame, { L: padded, ...features });
  }

  /** Noise over the padded picture, `[2,h,w]`. */
  noise(draw: number, seed: number, mood: number): Field {
    const height = Math.ceil(this.frame.paddedHeight / this.card.noise_stride);
    const width = Math.ceil(this.frame.paddedWidth / this.card.noise_stride);
    const data = gaussianNoise(seed, draw, NOISE_CHANNELS, height, width).map((value) => value * mood);
    return { channels: NOISE_CHANNELS, height, width, data };
  }

  /** One of the encoder's outputs, cut to the picture. */
  feature(name: string): Field {
    const found = this.feeds[name];
    if (!found) throw new Error(`model ${this.card.name} gives no ${name}`);
    return this.frame.cut(found);
  }

  /** The colours, in one run of the decoder. */
  async decode(hints: HintField | null, z: Field, check: Check = () => {}): Promise<Chroma> {
    const { height, width } = this.L;
    const ab = hints?.ab ?? new Float32Array(2 * height * width);
    const mask = hints?.mask ?? new Float32Array(height * width);
    const given: Record<string, Field> = {
      ...this.feeds,
      hint_ab: this.frame.pad({ channels: 2, height, width, data: ab }, 'zero'),
      hint_mask: this.frame.pad({ channels: 1, height, width, data: mask }, 'zero'),
      z,
    };
    const feeds = Object.fromEntries(
      Object.entries(given).filter(([name]) => this.decoder.inputs.includes(name)),
    );
    const wanted = ['ab', 'confidence'].filter((name) => this.decoder.outputs.includes(name));
    const found = await this.decoder.run(wanted, feeds, check);
    const colors = this.frame.cut(found['ab'] as Field);
    const confidence = found['confidence'] ? this.frame.cut(found['confidence']).data : null;
    return { width: colors.width, height: colors.height, ab: colors.data, confidence };
  }
}
