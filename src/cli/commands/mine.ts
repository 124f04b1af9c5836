import type { Command } from 'commander';
import { defineBug } from '../mining/bug.ts';
import { defineFix } from '../mining/fix.ts';
import { defineLocalize } from '../mining/localize.ts';

export function define(command: Command): void {
  defineLocalize(command);
  defineFix(command);
  defineBug(command);
}
