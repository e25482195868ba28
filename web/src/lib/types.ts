/** Words shared by every module of the page; those of the server's JSON are spelt as it spells them. */

export type Ability = 'hints' | 'variants' | 'reference' | 'confidence' | 'palette' | 'mood' | 'reach';

export interface Session {
  id: string;
  name: string;
  width: number;
  height: number;
  kind: string;
  pages: number;
  has_alpha: boolean;
  default_size: number;
  can: Ability[];
  mood: number; // the model's own, of one that has it
  expires_in: number;
}

/** How far a colour goes: around its place, over the thing that lies there, or over all that is like it. */
export type Reach = 'spot' | 'object' | 'alike';

/** The colour of one place, in the upright picture's own pixels. */
export interface Hint {
  x: number;
  y: number;
  color: string;
  reach?: Reach; // the object, where nothing is said
  stroke?: string; // of one stroke of the brush; the page's own word
}

export interface Variant {
  seed: number;
  index: number;
  count: number;
}

export interface Look {
  saturation: number;
  warmth: number;
  strength: number;
}

/** All that a user may change about one photograph; one step of its history. */
export interface Edits extends Look {
  hints: Hint[];
  variant: Variant | null;
  mood: number | null; // 0 (the mean of all colourings) to 1 (one of them); null: the model's own
  reference: Reference | null;
}

/** A picture whose colours are taken over; `id` tells two files of one name apart. */
export interface Reference {
  id: string;
  file: File;
}

/** A small field of colour that covers the whole picture: planes a, b, and confidence 0..1 where known. */
export interface Chroma {
  width: number;
  height: number;
  ab: Float32Array;
  confidence: Float32Array | null;
}

/** A colour that is offered for a place. */
export interface Swatch {
  hex: string;
  a: number;
  b: number;
  probability: number; // 0: it is what the place has
}

export const UNTOUCHED: Edits = {
  hints: [],
  variant: null,
  mood: null,
  reference: null,
  saturation: 1,
  warmth: 0,
  strength: 1,
};

/** Whether two edits mean the same small field of colour: the look is the graphics card's business. */
export function sameColors(one: Edits, other: Edits): boolean {
  return (
    one.mood === other.mood &&
    (one.reference?.id ?? null) === (other.reference?.id ?? null) &&
    (one.variant === other.variant || JSON.stringify(one.variant) === JSON.stringify(other.variant)) &&
    (one.hints === other.hints || JSON.stringify(one.hints) === JSON.stringify(other.hints))
  );
}
