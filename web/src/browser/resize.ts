/** A picture at another size, as libvips' thumbnail makes it: whole blocks averaged first, Lanczos for the rest; where
 *  it must be enlarged, Catmull-Rom. What is transparent counts as little as it is seen. */
import { hasAlpha, type Pixels } from './pixels';

const LOBES = 3;
const GAP = 2; // how much Lanczos is left to do, after the blocks

interface Samples {
  width: number;
  height: number;
  channels: number;
  data: { [at: number]: number; length: number };
}

/**
 * To an exact size. A JPEG is halved once or more by its decoder before anything else, in libvips; here that is a
 * block's average too.
 */
export function resized(pixels: Pixels, width: number, height: number, jpeg: boolean): Pixels {
  const scale = Math.min(pixels.width / width, pixels.height / height);
  const halved = !jpeg ? 1 : scale >= 16 ? 8 : scale >= 8 ? 4 : scale >= 4 ? 2 : 1;
  let samples: Samples = blocks(hasAlpha(pixels) ? premultiplied(pixels) : pixels, halved, halved);
  const across = Math.max(1, Math.floor(samples.width / width / GAP));
  const down = Math.max(1, Math.floor(samples.height / height / GAP));
  samples = blocks(samples, across, down);
  samples = filteredDown(samples, height);
  samples = filteredAcross(samples, width);
  const largest = pixels.data instanceof Uint16Array ? 65535 : 255;
  if (hasAlpha(pixels)) unpremultiply(samples, largest);
  const out = largest > 255 ? new Uint16Array(samples.data.length) : new Uint8Array(samples.data.length);
  for (let n = 0; n < out.length; n++) {
    out[n] = Math.round(Math.min(Math.max(samples.data[n] as number, 0), largest));
  }
  return { width, height, channels: pixels.channels, data: out };
}

/** In whole codes, cut off, as libvips has them between its steps. */
function premultiplied({ width, height, channels, data }: Pixels): Samples {
  const out = new Float32Array(data.length);
  const largest = data instanceof Uint16Array ? 65535 : 255;
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1] as number;
    for (let c = 0; c < channels - 1; c++) {
      out[at + c] = Math.floor(((data[at + c] as number) * alpha) / largest);
    }
    out[at + channels - 1] = alpha;
  }
  return { width, height, channels, data: out };
}

function unpremultiply({ channels, data }: Samples, largest: number): void {
  for (let at = 0; at < data.length; at += channels) {
    const alpha = Math.round(data[at + channels - 1] as number);
    for (let c = 0; c < channels - 1; c++) {
      data[at + c] = alpha > 0 ? Math.floor((Math.round(data[at + c] as number) * largest) / alpha) : 0;
    }
  }
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

function filteredAcross(from: Samples, width: number): Samples {
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

function filteredDown(from: Samples, height: number): Samples {
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

/** Which of `from` samples make each of `to`, as wide as the shrinking; beyond the edge it repeats. */
function kernels(from: number, to: number): Kernel[] {
  const shrink = Math.max(1, from / to);
  const [weigh, lobes] = from > to ? [lanczos, LOBES] : [catmullRom, 2];
  return Array.from({ length: to }, (_, n) => {
    // Corners are what libvips aligns where it enlarges.
    const center = from > to ? ((n + 0.5) * from) / to - 0.5 : (n * from) / to - 0.5;
    const reach = lobes * shrink;
    const kernel: Kernel = { places: [], weights: [] };
    let sum = 0;
    for (let place = Math.ceil(center - reach); place <= center + reach; place++) {
      const weight = weigh((place - center) / shrink);
      kernel.places.push(Math.min(Math.max(place, 0), from - 1));
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

function catmullRom(x: number): number {
  const d = Math.abs(x);
  if (d >= 2) return 0;
  return d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
