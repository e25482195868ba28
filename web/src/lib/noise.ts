/**
 * The noise that a picture's colours are drawn with, as in `colorizing_things/model/noise.py`, which describes it:
 * Philox4x32-10 (Salmon et al., 2011) of the place, the channel, the draw and the seed, then Box and Muller (1958).
 * `tests/data/noise.json` holds golden values of both.
 */

export type Words = [number, number, number, number]; // of 32 bits, unsigned

const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const WEYL = [0x9e3779b9, 0xbb67ae85] as const; // what the key grows by each round
const TWO_32 = 2 ** 32;

/** The upper 32 bits of the product of two words. */
function high(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = a1 * b0 + ((a0 * b0) >>> 16); // below 2^32: no carry is lost
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(((middle & 0xffff) + a0 * b1) / 0x10000)) >>> 0;
}

/** Philox4x32-10: four words of a counter and a key. */
export function philox(counter: Words, key: [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [low0, low1] = [Math.imul(c0, MULTIPLIERS[0]) >>> 0, Math.imul(c2, MULTIPLIERS[1]) >>> 0];
    const [high0, high1] = [high(c0, MULTIPLIERS[0]), high(c2, MULTIPLIERS[1])];
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * Independent normal numbers of mean 0 and variance 1: `channels` planes of `height` rows of `width`.
 *
 * `seed` is a whole number from 0 to 2^53 - 1, `draw` from 0 to 2^32 - 1. A larger field begins with the smaller one.
 */
export function gaussianNoise(
  seed: number,
  draw: number,
  channels: number,
  height: number,
  width: number,
): Float32Array {
  const key: [number, number] = [seed % TWO_32, Math.floor(seed / TWO_32)];
  const noise = new Float32Array(channels * height * width);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [first, second] = philox([column, row, channel, draw], key);
        const radius = Math.sqrt(-2 * Math.log((first + 1) / TWO_32));
        noise[at++] = radius * Math.cos(((2 * Math.PI) / TWO_32) * second);
      }
    }
  }
  return noise;
}
