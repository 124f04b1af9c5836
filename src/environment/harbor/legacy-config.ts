import { HarborTaskError } from './error.ts';

type Table = Record<string, unknown>;

/**
 * Brings a task.toml of an earlier version to the keys of the newest, in place: `version`; `memory` and `storage`
 * ("2G"); `allow_internet`; artifacts that are only a path. What is not of the form expected is left for the schema.
 *
 * @returns what was dropped on the way, a sentence each
 * @throws HarborTaskError where an old key and the new one contradict each other
 */
export function modernize(config: Table, path: string): string[] {
  const warnings: string[] = [];
  if ('version' in config) {
    config.schema_version ??= config.version;
    delete config.version;
  }
  if (isTable(config.environment)) modernizeEnvironment(config.environment, 'environment', path, warnings);
  modernizePhase(config, '', path, warnings);
  if (Array.isArray(config.steps)) {
    config.steps.forEach((step, index) => {
      if (isTable(step)) modernizePhase(step, `steps.${index}.`, path, warnings);
    });
  }
  return warnings;
}

/** What the root and every step have. */
function modernizePhase(phase: Table, key: string, path: string, warnings: string[]): void {
  const { verifier, artifacts } = phase;
  if (isTable(verifier) && isTable(verifier.environment)) {
    modernizeEnvironment(verifier.environment, `${key}verifier.environment`, path, warnings);
  }
  if (Array.isArray(artifacts)) {
    phase.artifacts = artifacts.map((one) => (typeof one === 'string' ? { source: one } : one));
    for (const one of phase.artifacts as unknown[]) {
      if (isTable(one) && one.destination === '') delete one.destination;
    }
  }
}

function modernizeEnvironment(table: Table, key: string, path: string, warnings: string[]): void {
  for (const old of ['memory', 'storage'] as const) {
    if (!(old in table)) continue;
    const value = table[old];
    delete table[old];
    if (typeof value !== 'string') {
      // Harbor has always read these as text, and passes over a number.
      warnings.push(`${key}.${old} is not of the form "2G" and is passed over`);
      continue;
    }
    const megabytes = sizeOf(value);
    if (megabytes === undefined)
      throw new HarborTaskError(path, 'is not of the form "2G"', { key: `${key}.${old}` });
    table[`${old}_mb`] ??= megabytes;
    if (table[`${old}_mb`] !== megabytes) {
      throw new HarborTaskError(path, `contradicts ${old}_mb`, { key: `${key}.${old}` });
    }
  }
  for (const key of ['docker_image', 'workdir', 'skills_dir']) {
    // Harbor takes an empty one for none.
    if (table[key] === '') delete table[key];
  }
  if (typeof table.allow_internet === 'boolean') {
    if (!('network_mode' in table) && !('allowed_hosts' in table)) {
      table.network_mode = table.allow_internet ? 'public' : 'no-network';
    }
    delete table.allow_internet;
  }
}

/** Megabytes of a size such as "2G", rounded down; undefined for what is no size. */
export function sizeOf(text: string): number | undefined {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([GMK])\s*$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.floor(Number(digits) * { G: 1024, M: 1, K: 1 / 1024 }[unit.toUpperCase() as 'G' | 'M' | 'K']);
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
