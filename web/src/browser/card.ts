/** What of a model's card the browser needs; the whole is described in model/card.py. */
import type { Ability } from '../lib/types';

export interface Card {
  name: string;
  stride: number;
  output_stride: number;
  default_size: number;
  noise_stride: number;
  mood?: number;
  inputs: string[];
  outputs: string[];
  bins: [number, number][];
  reference_features: string;
  affinity?: [keys: string, queries: string]; // outputs of the encoder
  files: { encoder: GraphFile; decoder: GraphFile };
}

export interface GraphFile {
  file: string;
  sha256: string;
  bytes: number; // added by `colorize site`
}

export function abilities(card: Card): Ability[] {
  const has = new Set([...card.inputs, ...card.outputs]);
  const hints = has.has('hint_ab');
  const can: Record<Ability, boolean> = {
    hints,
    variants: has.has('z'),
    reference: hints && Boolean(card.reference_features),
    confidence: has.has('confidence'),
    palette: has.has('logits') || has.has('z'),
    mood: has.has('z'),
    reach: hints && Boolean(card.affinity?.length),
  };
  return (Object.keys(can) as Ability[]).filter((ability) => can[ability]);
}
