import { z } from 'zod';
import { plainText } from './environment-config.ts';

/** Harbor's name of the service in which the agent works. */
export const MAIN_SERVICE = 'main';

/** A service of docker compose. */
export const serviceName = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'is no name of a service');

const climbs = (path: string) => path.split('/').includes('..');

/** A path of the container that is kept, and where among what is kept: never outside, never over the list itself. */
export const artifactSchema = z
  .strictObject({
    source: plainText.min(1).refine((path) => !climbs(path), 'has ".." in it'),
    destination: plainText
      .min(1)
      .refine((path) => !path.startsWith('/') && !climbs(path), 'leads out of the folder of artifacts')
      .refine((path) => !path.includes('\\'), 'has a backslash')
      .refine((path) => path.split('/').some((name) => name !== '' && name !== '.'), 'names no file')
      .refine((path) => path.replace(/\/+$/, '') !== 'manifest.json', 'is taken by the list of artifacts')
      .optional(),
    exclude: z.array(plainText).default([]),
    service: serviceName.optional(),
  })
  .refine(
    ({ source, service = MAIN_SERVICE }) => service === MAIN_SERVICE || /^(?:\/|[A-Za-z]:[/\\])/.test(source),
    { path: ['source'], message: 'has to be absolute in a service beside the main one' },
  );
