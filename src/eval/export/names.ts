import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** A text as one harmless part of a path: letters, digits and `._+-`, at most 80 of them, never a dot first. */
export function slug(text: string): string {
  const safe = text
    .replaceAll(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 80)
    .replace(/[-.]+$/, '');
  return safe === '' ? 'unnamed' : safe;
}

/** The name of a plan's environment: those of its files, without their folders and `.jsonl`. */
export function environmentName(environment: string): string {
  const files = environment.split(/(?<=\.jsonl) /).map((file) => basename(file, '.jsonl'));
  return slug(files.join('+'));
}

/** The first hex digits of a hash over some parts: the same for the same parts, whatever they contain. */
export function fingerprint(parts: readonly unknown[], digits = 16): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);
}

/** A UUID (version 8 of RFC 9562) that is the same for the same parts. */
export function uuidOf(...parts: readonly string[]): string {
  const hex = fingerprint(parts, 32);
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/** `provider/model` in its two parts; a name without a provider is all model. */
export function splitModel(model: string): { provider?: string; name: string } {
  const slash = model.indexOf('/');
  if (slash <= 0) return { name: model };
  return { provider: model.slice(0, slash), name: model.slice(slash + 1) };
}
