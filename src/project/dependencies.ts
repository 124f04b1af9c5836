import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { textOf } from './read-text.ts';

/** A dependency's source as it lies on this machine. */
export interface InstalledDependency {
  ecosystem: 'npm' | 'python' | 'go' | 'cargo';
  name: string;
  version?: string;
  /** The folder, or the one file, absolute. */
  path: string;
}

/**
 * Where a dependency lies: in `node_modules` from a folder up, in the site-packages of a virtual environment or the
 * system, in Go's module cache, in Cargo's registry. Nothing is run.
 *
 * @param root the workspace
 * @param folder where the search for `node_modules` and virtual environments begins
 */
export function locateDependency(name: string, root: string, folder = root): InstalledDependency[] {
  // A name is a part of a path here.
  if (!/^[@\w][\w./@-]*$/.test(name) || name.split('/').includes('..')) return [];
  return [...inNode(name, root, folder), ...inPython(name, root, folder), ...inGo(name), ...inCargo(name)];
}

function* upTo(root: string, folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (at === root || dirname(at) === at) return;
  }
}

function inNode(name: string, root: string, folder: string): InstalledDependency[] {
  for (const at of upTo(root, folder)) {
    const path = join(at, 'node_modules', name);
    if (!existsSync(path)) continue;
    const version = /"version"\s*:\s*"([^"]+)"/.exec(textOf(join(path, 'package.json')))?.[1];
    return [{ ecosystem: 'npm', name, path, ...(version !== undefined && { version }) }];
  }
  return [];
}

function inPython(name: string, root: string, folder: string): InstalledDependency[] {
  const environments = [...upTo(root, folder)].flatMap((at) =>
    ['.venv', 'venv', 'env'].map((one) => join(at, one, 'lib')),
  );
  const places = [...environments, '/usr/lib', '/usr/local/lib'].flatMap((lib) =>
    list(lib)
      .filter((entry) => /^python\d/.test(entry))
      .flatMap((python) => [join(lib, python, 'site-packages'), join(lib, python, 'dist-packages')]),
  );
  // A distribution and the module that it brings differ in case and in dashes.
  const module = name.toLowerCase().replaceAll('-', '_');
  for (const place of places) {
    const entries = list(place);
    const found = entries.find(
      (entry) => entry.toLowerCase() === module || entry.toLowerCase() === `${module}.py`,
    );
    if (found === undefined) continue;
    const info = entries.find(
      (entry) =>
        entry.toLowerCase().replaceAll('-', '_').startsWith(`${module}_`) &&
        /\.(?:dist|egg)-info$/.test(entry),
    );
    const version = /-([^-]+)\.(?:dist|egg)-info$/.exec(info ?? '')?.[1];
    return [
      { ecosystem: 'python', name, path: join(place, found), ...(version !== undefined && { version }) },
    ];
  }
  return [];
}

function inGo(name: string): InstalledDependency[] {
  const cache =
    process.env.GOMODCACHE ?? join(process.env.GOPATH?.split(':')[0] ?? join(homedir(), 'go'), 'pkg', 'mod');
  // The cache writes a capital as ! and its small letter.
  const escaped = name.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  return list(join(cache, dirname(escaped)))
    .filter((entry) => entry.startsWith(`${basename(escaped)}@`))
    .map((entry) => ({
      ecosystem: 'go',
      name,
      version: entry.slice(entry.indexOf('@') + 1),
      path: join(cache, dirname(escaped), entry),
    }));
}

function inCargo(name: string): InstalledDependency[] {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  return list(registry).flatMap((index) =>
    list(join(registry, index))
      .filter((entry) => entry.startsWith(`${name}-`) && /^\d/.test(entry.slice(name.length + 1)))
      .map((entry) => ({
        ecosystem: 'cargo' as const,
        name,
        version: entry.slice(name.length + 1),
        path: join(registry, index, entry),
      })),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
