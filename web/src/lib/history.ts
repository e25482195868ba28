import type { Edits } from './types';
import { UNTOUCHED } from './types';

const LONGEST = 100;
const TOGETHER = 1000; // ms: arrow keys pressed faster than this are one step

/** Undo and redo: every state a photograph was in, and which of them it is in now. Never changed, only replaced. */
export class History {
  constructor(
    readonly steps: Edits[] = [UNTOUCHED],
    readonly at: number = 0,
    private readonly group: string | null = null, // what the newest step changed, and when
    private readonly made: number = 0,
  ) {}

  get now(): Edits {
    return this.steps[this.at] ?? UNTOUCHED;
  }

  get canUndo(): boolean {
    return this.at > 0;
  }

  get canRedo(): boolean {
    return this.at < this.steps.length - 1;
  }

  /** A new step after the present one; what was undone is forgotten. Quick steps of one `group` are one step. */
  with(edits: Edits, group: string | null = null, time: number = Date.now()): History {
    const same = group !== null && group === this.group && time - this.made < TOGETHER && !this.canRedo;
    const before = this.steps.slice(0, same ? this.at : this.at + 1);
    const steps = [...before, edits].slice(-LONGEST);
    return new History(steps, steps.length - 1, group, time);
  }

  /** The present step, corrected. */
  corrected(edits: Edits): History {
    return new History(this.steps.with(this.at, edits), this.at);
  }

  moved(by: 1 | -1): History {
    const at = Math.min(Math.max(this.at + by, 0), this.steps.length - 1);
    return new History(this.steps, at);
  }
}
