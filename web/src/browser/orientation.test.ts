import { expect, test } from 'vitest';
import { upright } from './orientation';

// As stored, rows of ABC, DEF. Where TIFF 6.0 says that the first row and the first column are, in the upright one:
const UPRIGHT: Record<number, string> = {
  1: 'ABC/DEF', // top, left
  2: 'CBA/FED', // top, right
  3: 'FED/CBA', // bottom, right
  4: 'DEF/ABC', // bottom, left
  5: 'AD/BE/CF', // left, top
  6: 'DA/EB/FC', // right, top
  7: 'FC/EB/DA', // right, bottom
  8: 'CF/BE/AD', // left, bottom
};

test.each(Object.entries(UPRIGHT))('orientation %s is set upright', (orientation, rows) => {
  const data = Uint8Array.from('ABCDEF', (letter) => letter.charCodeAt(0));
  const turned = upright({ width: 3, height: 2, channels: 1, data }, Number(orientation));
  const letters = String.fromCharCode(...turned.data);
  const found = Array.from({ length: turned.height }, (_, y) =>
    letters.slice(y * turned.width, (y + 1) * turned.width),
  );
  expect(found.join('/')).toBe(rows);
});
