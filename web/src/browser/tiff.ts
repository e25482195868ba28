/** A baseline TIFF of 8 or 16 bits a channel, deflated strip by strip. */
import { deflated } from './deflate';
import type { Pixels } from './pixels';
import { ascii, joined, view, type Bytes } from './metadata/bytes';

const STRIP_BYTES = 1 << 20;
const [SHORT, LONG] = [3, 4];
const HEADER = 8; // bytes

type Entry = [tag: number, type: typeof SHORT | typeof LONG, values: number[]];

/** Of RGB or RGB and alpha. */
export async function encodeTiff({ width, height, channels, data }: Pixels): Promise<Blob> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength); // little-endian, as machines are
  const across = bytes.length / height;
  const rows = Math.max(1, Math.floor(STRIP_BYTES / across));
  const strips: Bytes[] = [];
  for (let top = 0; top < height; top += rows) {
    strips.push(await deflated(joined(bytes.subarray(top * across, Math.min(top + rows, height) * across))));
  }
  const places: number[] = [];
  let end = HEADER;
  for (const strip of strips) {
    places.push(end);
    end += strip.length + (strip.length & 1);
  }
  const bits = 8 * data.BYTES_PER_ELEMENT;
  const entries: Entry[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, new Array<number>(channels).fill(bits)],
    [259, SHORT, [8]], // deflated
    [262, SHORT, [2]], // RGB
    [273, LONG, places],
    [274, SHORT, [1]], // upright
    [277, SHORT, [channels]],
    [278, LONG, [rows]],
    [279, LONG, strips.map((strip) => strip.length)],
    ...(channels === 4 ? [[338, SHORT, [2]] as Entry] : []), // the fourth is alpha, not multiplied in
  ];
  const header = joined(ascii('II'), [42, 0], little([end], LONG));
  const padded = strips.flatMap((strip) => (strip.length & 1 ? [strip, new Uint8Array(1)] : [strip]));
  return new Blob([header, ...padded, directory(entries, end)], { type: 'image/tiff' });
}

/** At a place in the file; values that do not fit into an entry come after it. */
function directory(entries: Entry[], place: number): Bytes {
  let beyond = place + 2 + 12 * entries.length + 4;
  const later: Bytes[] = [];
  const table = entries.map(([tag, type, values]) => {
    let value = little(values, type);
    if (value.length > 4) {
      later.push(value);
      const at = beyond;
      beyond += value.length;
      value = little([at], LONG);
    }
    return joined(
      little([tag, type], SHORT),
      little([values.length], LONG),
      value,
      new Uint8Array(4 - value.length),
    );
  });
  return joined(little([entries.length], SHORT), ...table, new Uint8Array(4), ...later);
}

function little(values: number[], type: typeof SHORT | typeof LONG): Bytes {
  const size = type === SHORT ? 2 : 4;
  const bytes = new Uint8Array(size * values.length);
  values.forEach((value, n) => {
    if (type === SHORT) view(bytes).setUint16(size * n, value, true);
    else view(bytes).setUint32(size * n, value, true);
  });
  return bytes;
}
