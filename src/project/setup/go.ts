import { execFile } from 'node:child_process';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { ProjectFiles } from '../project-files.ts';
import type { TestPlan } from '../tests/runner.ts';
import { setupKey } from './key.ts';
import type { SetupPlan } from './setup.ts';

/** A template of `go list` for what a package and its tests import. */
const IMPORTS = ['Imports', 'TestImports', 'XTestImports']
  .map((list) => `{{range .${list}}}{{.}}{{"\\n"}}{{end}}`)
  .join('');

/** A template of `go list` for the packages that are none of the main module. */
const FOREIGN = '{{if not .Module}}{{.ImportPath}}{{else if not .Module.Main}}{{.ImportPath}}{{end}}';

/** Modules in a cache of their own, and what compiling them once leaves, both read-only afterwards. */
export async function goSetup(
  files: ProjectFiles,
  tests: TestPlan,
): Promise<{ plan: SetupPlan; version: string } | undefined> {
  const version = await versionOfGo();
  if (version === undefined) return undefined;
  const manifest = (await files.read(posix.join(tests.folder, 'go.mod'))) ?? '';
  const sums = (await files.read(posix.join(tests.folder, 'go.sum'))) ?? '';
  const wanted = /^go\s+(\d+\.\d+(?:\.\d+)?)/m.exec(manifest)?.[1];
  const vendored = files.paths.some((path) => path === posix.join(tests.folder, 'vendor/modules.txt'));
  const env = {
    GOMODCACHE: '{setup}/modules',
    GOFLAGS: '-buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOTELEMETRY: 'off',
  };
  const source = `{source}/${tests.folder}`;
  const download = { argv: ['go', 'mod', 'download'], cwd: source, env };
  // The repository's own packages are left out: compiled, they would tell agents of older commits what comes. So would
  // the programs that `go list -test` makes of their tests.
  const compile = {
    argv: [
      'sh',
      '-c',
      `go list -e -f '${IMPORTS}' ./... | sort -u | xargs go list -e -deps -f '${FOREIGN}' testing testing/internal/testdeps | xargs go build >/dev/null 2>&1; exit 0`,
    ],
    cwd: source,
    env: { ...env, GOCACHE: '{setup}/compiled' },
  };
  return {
    version,
    plan: {
      tool: 'go',
      key: setupKey('go', 'imports', version, tests.folder, manifest, sums, vendored),
      files: { 'modules/.kino': '', 'compiled/.kino': '' },
      needsSource: true,
      attempts: [vendored ? [compile] : [download, compile], [compile]],
      hosts: [
        'proxy.golang.org',
        'sum.golang.org',
        'storage.googleapis.com',
        ...hostsOf(process.env.GOPROXY),
      ],
      mounts: [],
      env: { ...env, GOPROXY: 'off', GOCACHE: '{build}' },
      path: [],
      build: 'compiled',
      notes:
        wanted !== undefined && isNewer(wanted, version)
          ? [`go ${wanted} is wanted; installed is ${version}`]
          : [],
    },
  };
}

let asked: Promise<string | undefined> | undefined;

function versionOfGo(): Promise<string | undefined> {
  asked ??= promisify(execFile)('go', ['env', 'GOVERSION'], {
    timeout: 10_000,
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  }).then(
    ({ stdout }) => stdout.trim().replace(/^go/, ''),
    () => undefined,
  );
  return asked;
}

function isNewer(wanted: string, have: string): boolean {
  const [a = [], b = []] = [wanted, have].map((version) => version.split('.').map(Number));
  for (let at = 0; at < 3; at++) if ((a[at] ?? 0) !== (b[at] ?? 0)) return (a[at] ?? 0) > (b[at] ?? 0);
  return false;
}

function hostsOf(proxies = ''): string[] {
  return proxies
    .split(/[,|]/)
    .flatMap((address) => (URL.canParse(address) ? [new URL(address).hostname] : []));
}
