import type { Edits } from './types';
import { UNTOUCHED } from './types';

const LONGEST = 100;

/** Undo and redo: every state a photograph was in, and which of them it is in now. Never changed, only replaced. */
export class History {
  constructor(
    readonly steps: Edits[] = [UNTOUCHED],
    readonly at: number = 0,
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

  /** A new step after the present one; what was undone is forgotten. */
  with(edits: Edits): History {
    const steps = [...this.steps.slice(0, this.at + 1), edits].slice(-LONGEST);
    return new History(steps, steps.length - 1);
  }

  moved(by: 1 | -1): History {
    const at = Math.min(Math.max(this.at + by, 0), this.steps.length - 1);
    return new History(this.steps, at);
  }
}
