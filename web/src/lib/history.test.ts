import { expect, test } from 'vitest';
import { History } from './history';
import { UNTOUCHED } from './types';

const warm = (warmth: number) => ({ ...UNTOUCHED, warmth });

test('arrow keys in a row are one step, another control or a pause begins a new one', () => {
  let history = new History();
  for (let key = 1; key <= 9; key++) history = history.with(warm(key / 100), 'warmth', 100 * key);
  expect([history.steps.length, history.now.warmth]).toEqual([2, 0.09]);
  history = history.with({ ...history.now, strength: 0.5 }, 'strength', 1000);
  expect(history.steps.length).toBe(3);
  history = history.with({ ...history.now, strength: 0.4 }, 'strength', 5000);
  expect(history.steps.length).toBe(4);
  expect(history.moved(-1).now.strength).toBe(0.5);
});

test('a step after an undo is never joined to what was undone', () => {
  const history = new History().with(warm(0.1), 'warmth', 0).with(warm(0.2), 'strength', 1).moved(-1);
  const next = history.with(warm(0.3), 'warmth', 2);
  expect(next.steps.map((step) => step.warmth)).toEqual([0, 0.1, 0.3]);
});
