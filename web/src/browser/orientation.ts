/** EXIF's orientation, 1 to 8: where a stored pixel belongs in the upright picture. */
import type { Pixels } from './pixels';

export function upright(pixels: Pixels, orientation: number): Pixels {
  if (orientation < 2) return pixels;
  const { channels, data } = pixels;
  const turned = orientation > 4; // width and height change places
  const [width, height] = turned ? [pixels.height, pixels.width] : [pixels.width, pixels.height];
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const upsideDown = [3, 4, 6, 7].includes(orientation);
  const out = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [along, across] = turned ? [y, x] : [x, y]; // column and row as stored, but for their direction
      const column = mirrored ? pixels.width - 1 - along : along;
      const row = upsideDown ? pixels.height - 1 - across : across;
      const [from, to] = [(row * pixels.width + column) * channels, (y * width + x) * channels];
      for (let c = 0; c < channels; c++) out[to + c] = data[from + c] as number;
    }
  }
  return { width, height, channels, data: out };
}
