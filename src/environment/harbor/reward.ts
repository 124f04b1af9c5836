import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../environment.ts';

/** What a verifier left. */
export interface Reward {
  /** Undefined where it left none that can be read. */
  reward: number | undefined;
  metrics: Record<string, number>;
  findings: Finding[];
  problem?: string;
}

const MAX_BYTES = 1_000_000;

/**
 * Reads `/logs/verifier`: `reward.txt` holds one number, `reward.json` a flat object of numbers, of which `reward` counts
 * or the mean of all. Both together are a conflict, and nobody chooses between them.
 */
export async function readReward(folder: string): Promise<Reward> {
  const [text, json] = await Promise.all(
    ['reward.txt', 'reward.json'].map((name) => textOf(join(folder, name))),
  );
  if (text !== undefined && json !== undefined)
    return {
      reward: 0,
      metrics: {},
      findings: [{ name: 'two-rewards', detail: 'there are both a reward.txt and a reward.json' }],
      problem: 'two rewards',
    };
  if (text !== undefined) {
    const value = Number(text.trim());
    if (text.trim() === '' || !Number.isFinite(value))
      return none(`reward.txt holds no number: ${JSON.stringify(text.slice(0, 60))}`);
    return { reward: value, metrics: {}, findings: [] };
  }
  if (json === undefined) return none('the verifier left no reward');
  let values: unknown;
  try {
    values = JSON.parse(json);
  } catch {
    return none('reward.json is no JSON');
  }
  const entries =
    typeof values === 'object' && values !== null && !Array.isArray(values) ? Object.entries(values) : [];
  const metrics: Record<string, number> = {};
  for (const [name, value] of entries)
    if (typeof value === 'number' && Number.isFinite(value)) metrics[name] = value;
  const numbers = Object.values(metrics);
  if (numbers.length === 0 || numbers.length < entries.length)
    return none('reward.json is no flat object of numbers');
  return {
    reward: metrics.reward ?? numbers.reduce((sum, one) => sum + one, 0) / numbers.length,
    metrics,
    findings: [],
  };
}

function none(problem: string): Reward {
  return { reward: undefined, metrics: {}, findings: [], problem };
}

/** A link would be followed out of the container. */
async function textOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_BYTES) return undefined;
  return readFile(path, 'utf8');
}
