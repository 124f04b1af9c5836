import type { FixReason } from './reasons.ts';

/** Ends the examination: the change is no task. */
export class Dropped extends Error {
  readonly reason: FixReason;
  readonly detail: string;
  constructor(reason: FixReason, detail: string) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}
