/** A picture made small, as libvips' thumbnail does it: whole blocks averaged first, Lanczos for the rest. */
import { type Pixels } from './pixels';

const LOBES = 3;
const GAP = 2; // how much Lanczos is left to do, after the blocks

type Samples = { width: number; height: number; channels: number; data: ArrayLike<number> };

/**
 * To an exact size. A JPEG is halved once or more by its decoder before anything else, in libvips; here that is a
 * block's average too.
 */
export function shrunk(pixels: Pixels, width: number, height: number, jpeg: boolean): Pixels {
  const scale = Math.min(pixels.width / width, pixels.height / height);
  const halved = !jpeg ? 1 : scale >= 16 ? 8 : scale >= 8 ? 4 : scale >= 4 ? 2 : 1;
  let samples: Samples = blocks(pixels, halved, halved);
  const across = Math.max(1, Math.floor(samples.width / width / GAP));
  const down = Math.max(1, Math.floor(samples.height / height / GAP));
  samples = blocks(samples, across, down);
  samples = lanczosDown(samples, height);
  samples = lanczosAcross(samples, width);
  const largest = pixels.data instanceof Uint16Array ? 65535 : 255;
  const out = largest > 255 ? new Uint16Array(samples.data.length) : new Uint8Array(samples.data.length);
  for (let n = 0; n < out.length; n++) {
    out[n] = Math.round(Math.min(Math.max(samples.data[n] as number, 0), largest));
  }
  return { width, height, channels: pixels.channels, data: out };
}

/** Averages of blocks; what is over at the right and the bottom is averaged with itself. */
function blocks(from: Samples, across: number, down: number): Samples {
  if (across === 1 && down === 1) return from;
  const { channels, data } = from;
  const width = Math.ceil(from.width / across);
  const height = Math.ceil(from.height / down);
  const sums = new Float32Array(width * height * channels);
  const counts = new Float32Array(width * height);
  for (let y = 0; y < from.height; y++) {
    const row = Math.floor(y / down) * width;
    let at = y * from.width * channels;
    for (let x = 0, block = 0, n = 0; x < from.width; x++) {
      const to = row + block;
      (counts[to] as number) += 1;
      for (let c = 0; c < channels; c++) (sums[to * channels + c] as number) += data[at++] as number;
      if (++n === across) ((n = 0), block++);
    }
  }
  for (let cell = 0; cell < counts.length; cell++) {
    for (let c = 0; c < channels; c++) (sums[cell * channels + c] as number) /= counts[cell] as number;
  }
  return { width, height, channels, data: sums };
}

function lanczosAcross(from: Samples, width: number): Samples {
  if (from.width === width) return from;
  const { channels, height, data } = from;
  const taps = kernels(from.width, width);
  const out = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { places, weights } = taps[x] as Kernel;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let n = 0; n < places.length; n++) {
          const at = (y * from.width + (places[n] as number)) * channels + c;
          sum += (weights[n] as number) * (data[at] as number);
        }
        out[(y * width + x) * channels + c] = sum;
      }
    }
  }
  return { width, height, channels, data: out };
}

function lanczosDown(from: Samples, height: number): Samples {
  if (from.height === height) return from;
  const { channels, width, data } = from;
  const across = width * channels;
  const out = new Float32Array(across * height);
  kernels(from.height, height).forEach(({ places, weights }, y) => {
    for (let n = 0; n < places.length; n++) {
      const [weight, at] = [weights[n] as number, (places[n] as number) * across];
      for (let x = 0; x < across; x++) (out[y * across + x] as number) += weight * (data[at + x] as number);
    }
  });
  return { width, height, channels, data: out };
}

interface Kernel {
  places: number[];
  weights: number[];
}

/** Which of `large` samples make each of `small`: Lanczos, as wide as the shrinking; beyond the edge it repeats. */
function kernels(large: number, small: number): Kernel[] {
  const shrink = Math.max(1, large / small);
  return Array.from({ length: small }, (_, n) => {
    const centre = ((n + 0.5) * large) / small - 0.5;
    const reach = LOBES * shrink;
    const kernel: Kernel = { places: [], weights: [] };
    let sum = 0;
    for (let place = Math.ceil(centre - reach); place <= centre + reach; place++) {
      const weight = lanczos((place - centre) / shrink);
      kernel.places.push(Math.min(Math.max(place, 0), large - 1));
      kernel.weights.push(weight);
      sum += weight;
    }
    kernel.weights = kernel.weights.map((weight) => weight / sum);
    return kernel;
  });
}

function lanczos(x: number): number {
  if (Math.abs(x) >= LOBES) return 0;
  return sinc(x) * sinc(x / LOBES);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
