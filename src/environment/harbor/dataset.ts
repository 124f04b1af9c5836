import { z } from 'zod';
import { parseToml, validate } from './read-toml.ts';
import { packageInfo, packageName } from './task-config.ts';

const digest = z.string().regex(/^sha256:[a-f0-9]{64}$/, 'is not of the form "sha256:<64 hex digits>"');

const datasetSchema = z.strictObject({
  schema_version: z.string().default('1.0'),
  dataset: z.strictObject(packageInfo),
  metadata: z.record(z.string(), z.unknown()).default({}),
  tasks: z.array(z.strictObject({ name: packageName, digest })).default([]),
  /** Files beside the manifest, such as a metric; the digest is filled in when it is published. */
  files: z
    .array(
      z.strictObject({
        path: z.string().regex(/^(?!\.\.?$)[^/\\\0]+$/, 'is no name of a file'),
        digest: z.union([z.literal(''), digest]).default(''),
      }),
    )
    .default([]),
});

/** A list of tasks, each pinned by the digest of its folder. Keys are Harbor's. */
export type HarborDataset = z.output<typeof datasetSchema>;

/**
 * Reads a dataset.toml.
 *
 * @param path only named in errors
 * @returns the list, and a sentence for each key that was passed over
 * @throws HarborTaskError that names the line or the key
 */
export function parseHarborDataset(
  text: string,
  path: string,
): { dataset: HarborDataset; warnings: string[] } {
  const { value: dataset, warnings } = validate(datasetSchema, parseToml(text, path), path);
  return { dataset, warnings };
}
