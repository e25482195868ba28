import { expect, test } from 'vitest';
import { alike, isSoftware } from './graphics';

const card = (more: Partial<GPUAdapterInfo>) =>
  ({
    isFallbackAdapter: false,
    vendor: 'intel',
    architecture: 'xe',
    description: '',
    ...more,
  }) as GPUAdapterInfo;

test('colours are alike but for rounding, and never where there are none', () => {
  const colors = Float32Array.from({ length: 1000 }, (_, n) => n % 90);
  const changed = (change: (n: number) => number) => colors.map((value, n) => value + change(n));
  expect(alike(colors, colors)).toBe(true);
  expect(
    alike(
      colors,
      changed(() => 0.003),
    ),
  ).toBe(true);
  expect(
    alike(
      colors,
      changed(() => 0.3),
    ),
  ).toBe(false);
  expect(
    alike(
      colors,
      changed((n) => (n === 500 ? 5 : 0)),
    ),
  ).toBe(false);
  expect(
    alike(
      colors,
      changed(() => NaN),
    ),
  ).toBe(false);
});

test('a processor that plays a graphics card is none', () => {
  expect(isSoftware(card({}))).toBe(false);
  expect(isSoftware(card({ isFallbackAdapter: true }))).toBe(true);
  expect(isSoftware(card({ vendor: 'google', architecture: 'swiftshader' }))).toBe(true);
  expect(isSoftware(card({ vendor: 'mesa', description: 'llvmpipe (LLVM 19.1)' }))).toBe(true);
});
