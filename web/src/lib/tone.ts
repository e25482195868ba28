/** Whether a file is a grey photograph, a toned one (sepia, a blue print), or one in colour already. */
export type Tone = 'gray' | 'toned' | 'color';

const FAINT = 10; // of 255: less is what scanners and JPEG do to grey
const LEVELS = 16; // of brightness: a toned print has one colour at each

/** Of a small picture's RGBA codes. */
export function toneOf(pixels: Uint8ClampedArray): Tone {
  const colors: [level: number, x: number, y: number][] = [];
  for (let i = 0; i < pixels.length; i += 4) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(i, i + 3);
    const bright = 0.3 * red + 0.6 * green + 0.1 * blue;
    const level = Math.floor((LEVELS * bright) / 256);
    colors.push([level, red - (green + blue) / 2, (Math.sqrt(3) / 2) * (green - blue)]);
  }
  const mean = (far: (color: (typeof colors)[number]) => number) =>
    colors.reduce((sum, color) => sum + far(color), 0) / colors.length;
  if (mean(([, x, y]) => Math.hypot(x, y)) < FAINT) return 'gray';
  const middles = Array.from({ length: LEVELS }, (_, level) => {
    const here = colors.filter(([other]) => other === level);
    const sum = (at: 1 | 2) => here.reduce((total, color) => total + color[at], 0) / (here.length || 1);
    return [sum(1), sum(2)] as const;
  });
  const spread = mean(([level, x, y]) =>
    Math.hypot(x - (middles[level]?.[0] ?? 0), y - (middles[level]?.[1] ?? 0)),
  );
  return spread < FAINT ? 'toned' : 'color';
}

const SIDE = 48; // px: enough to know

export function toneOfBitmap(bitmap: ImageBitmap): Tone {
  const pen = new OffscreenCanvas(SIDE, SIDE).getContext('2d');
  if (!pen) return 'gray';
  pen.drawImage(bitmap, 0, 0, SIDE, SIDE);
  return toneOf(pen.getImageData(0, 0, SIDE, SIDE).data);
}
