import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ContextOptions } from '../agent/index.ts';
import type { Config } from '../config/index.ts';
import { loadRecording, type Model, resolveModel } from '../model/index.ts';
import { UsageError } from './exit.ts';
import { httpUrl } from './options.ts';

export interface ModelFlags {
  model?: string;
  baseUrl?: string;
  record?: string;
  replay?: string;
}

export function addModelFlags(command: Command): Command {
  return command
    .option('-m, --model <provider/model>', 'the model to think with')
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .addOption(new Option('--record <file>', 'keep the exchanges with the model').conflicts('replay'))
    .option('--replay <file>', 'answer from a recording; no network, no key');
}

/**
 * The model that the flags or the configuration name, and how its window is guarded.
 *
 * @throws UsageError @throws UnknownModelError @throws MissingKeyError @throws RecordingError
 */
export async function modelFrom(
  flags: ModelFlags,
  config: Config,
  root: string,
): Promise<{ model: Model; context: Partial<ContextOptions> }> {
  const name = flags.model ?? config.model;
  if (name === undefined) {
    throw new UsageError(
      'No model is named: say --model provider/model, or set "model" in the configuration.',
    );
  }
  const model = await resolveModel(name, {
    ...(config.providers && { providers: config.providers }),
    ...(config.prices && { prices: config.prices }),
    ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
    ...(await recordedFetch(flags, root)),
  });
  const { windows = {}, window, smartZone, compactAt } = config.context ?? {};
  const tokens = windows[name] ?? window;
  return {
    model,
    context: {
      ...(tokens !== undefined && { window: tokens }),
      ...(smartZone !== undefined && { smartZone }),
      ...(compactAt !== undefined && { compactAt }),
    },
  };
}

/** Where the exchanges with the model are kept or come from, if not from the network alone. */
async function recordedFetch({ record, replay }: ModelFlags, root: string) {
  if (record === undefined && replay === undefined) return {};
  const { recordingFetch, replayingFetch } = await loadRecording();
  return record === undefined
    ? { fetch: replayingFetch(resolve(replay!), root), keyless: true }
    : { fetch: recordingFetch(resolve(record), root) };
}
