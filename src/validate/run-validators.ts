import { join } from 'node:path';
import { CommandNotStartedError, type Sandbox } from '../sandbox/index.ts';
import type { ValidatorResult } from '../thread/index.ts';
import type { Validator } from './validators.ts';

const TIMEOUT_MS = 600_000;
const MAX_BYTES = 16_000;

/**
 * Runs validators, one after the other: two that build would be in each other's way.
 *
 * @throws SandboxFailedError
 */
export async function runValidators(
  sandbox: Sandbox,
  validators: readonly Validator[],
  signal: AbortSignal,
): Promise<ValidatorResult[]> {
  const results: ValidatorResult[] = [];
  for (const validator of validators) {
    if (signal.aborted) break;
    results.push(await run(sandbox, validator, signal));
  }
  return results;
}

async function run(
  sandbox: Sandbox,
  { name, command, folder }: Validator,
  signal: AbortSignal,
): Promise<ValidatorResult> {
  const about = { name, command: command.join(' ') };
  try {
    const { exitCode, timedOut, aborted, output, durationMs } = await sandbox.exec(command, {
      ...{ cwd: join(sandbox.root, folder), signal, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
    });
    const took = { ...about, output, durationMs };
    // What was cut off says nothing of the change.
    if (timedOut || aborted) return { ...took, result: 'not-run' };
    return { ...took, result: exitCode === 0 ? 'passed' : 'failed' };
  } catch (error) {
    if (!(error instanceof CommandNotStartedError)) throw error;
    return { ...about, result: 'not-run', output: error.message, durationMs: 0 };
  }
}
