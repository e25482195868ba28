/** Colours that people look for by name, at a lightness at which they are recognised: a hint's own does not count. */
export const NAMED: readonly (readonly [string, string])[] = [
  ['Fair skin', '#e0ac8e'],
  ['Olive skin', '#c08a62'],
  ['Brown skin', '#8d5a3a'],
  ['Dark skin', '#5d3a28'],
  ['Lips', '#b5605a'],
  ['Blond hair', '#c9a35e'],
  ['Brown hair', '#6b4a31'],
  ['Red hair', '#a5512a'],
  ['Khaki', '#9a8b5f'],
  ['Olive drab', '#6b6a3a'],
  ['Navy', '#33456f'],
  ['Denim', '#5b7596'],
  ['Sky', '#8db4da'],
  ['Sea', '#4f8a94'],
  ['Grass', '#7a9146'],
  ['Leaves', '#55703f'],
  ['Brick', '#a3573f'],
  ['Wood', '#9b7248'],
  ['Stone', '#a39a8c'],
  ['Red', '#b4322f'],
  ['Burgundy', '#7d2f3d'],
  ['Gold', '#c99a3a'],
  ['Violet', '#7c5c96'],
  ['Grey', '#8c8c8c'],
];

export function nameOf(color: string): string {
  return NAMED.find(([, hex]) => hex === color)?.[0] ?? color;
}

const MOST = 6;
const KEY = 'colorizing-things-colors';

/** The colours that were chosen last, the newest first; kept in this browser. */
export function recentColors(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((color) => /^#[0-9a-f]{6}$/.test(String(color))) : [];
  } catch {
    return [];
  }
}

export function remember(color: string): void {
  const colors = [color, ...recentColors().filter((other) => other !== color)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(colors));
  } catch {
    return; // a full store costs no more than this comfort
  }
}
