import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Repository } from '../../git/index.ts';
import { loadRunners, programFolders, type RunnerName, type SetupPlan } from '../../project/index.ts';
import type { HarborTaskDraft } from '../harbor/write-task.ts';
import type { Place } from '../place.ts';
import type { FixTask } from '../task.ts';
import type { Factory } from './factory.ts';
import { fix } from './fix.ts';
import { roleOf } from './roles.ts';
import { factoryFor } from './verify.ts';

const ASSETS = fileURLToPath(new URL('../../../assets', import.meta.url));
const ROOT = '/workspace';
const SETUP = '/opt/setup';

/** How the judge reads what a runner reports; what is not here cannot be told without Kino. */
const READERS: Partial<Record<RunnerName, 'own' | 'jest' | 'go' | 'junit'>> = {
  'node:test': 'own',
  mocha: 'own',
  tape: 'own',
  pytest: 'own',
  unittest: 'own',
  vitest: 'jest',
  jest: 'jest',
  go: 'go',
  ctest: 'junit',
};

/** A task that another format cannot hold. */
export class NotExportableError extends Error {
  override name = 'NotExportableError';
  constructor(task: string, reason: string) {
    super(`The task ${task} cannot be exported: ${reason}.`);
  }
}

/**
 * A `fix` task as one of Harbor's: the base and its dependencies in the image, the hidden tests and a judge in `tests`,
 * the gold patch in `solution`. The judge puts back what the task gives, as Kino does, but in the agent's container, as
 * Harbor has it: an agent that patches the system can fool it.
 *
 * @throws NotExportableError
 */
export async function toHarbor(
  task: FixTask,
  repository: Repository,
  place: Place,
): Promise<HarborTaskDraft> {
  const { plan } = task.tests;
  const reader = READERS[plan.runner];
  if (reader === undefined) throw new NotExportableError(task.id, `its tests run with ${plan.runner}`);
  const factory = await factoryFor({ place, repository });
  const { start, reference } = await factory.treesOf(task);
  const { setup } = await factory.benchFor(task.setup.commit, plan);
  const runner = await (await loadRunners()).runnerOf(plan.runner);
  const command = runner.command({
    plan,
    root: ROOT,
    ...(task.tests.scope === 'files' && { files: task.tests.files }),
    results: '/tmp/kino-results',
    reporters: '/tests/reporters',
    build: setup.plan?.build === undefined ? '/tmp/kino-build' : `${SETUP}/${setup.plan.build}`,
    programs: { node: 'node', python: setup.plan?.tool === 'pip' ? `${SETUP}/venv/bin/python` : 'python3' },
  });
  const { KINO_PYTHONPATH: pythonpath, ...env } = { ...plan.env, ...command.env } as Record<string, string>;
  const given = await givenFiles(factory, start, reference);
  const about = {
    root: ROOT,
    folder: command.folder,
    argv: command.argv,
    env,
    pythonpath: pythonpath ?? null,
    path: programFolders(ROOT, plan.folder),
    stdout: command.stdout ?? null,
    reader,
    seconds: task.tests.seconds,
    must_pass: [...task.tests.failToPass, ...task.tests.passToPass],
    removed: given.removed,
  };
  const { quality, source } = task;
  return {
    config: {
      task: { name: `kino/${slug(task.repository.name)}-${task.id}`, keywords: ['fix'] },
      metadata: {
        commit: source.commit,
        fail_to_pass: task.tests.failToPass.length,
        pass_to_pass: task.tests.passToPass.length,
        ...(quality.strength.share !== null && { strength: quality.strength.share }),
        concerns: quality.concerns,
      },
      verifier: { timeout_sec: task.tests.seconds + 60 },
      environment: { build_timeout_sec: 1200 },
    },
    instruction: `${fix.prompt(task)}\n`,
    environment: {
      Dockerfile: dockerfileFor(setup.plan, setup.toolchain),
      ...prefixed('workspace', await filesOf(factory, start)),
      ...prefixed('setup', setup.plan?.files ?? {}),
    },
    tests: {
      'test.sh': '#!/bin/bash\nexec python3 /tests/judge.py\n',
      'judge.py': await readFile(join(ASSETS, 'harbor', 'judge.py')),
      'task.json': `${JSON.stringify(about, null, 1)}\n`,
      ...(await reporters()),
      ...prefixed('given', given.files),
    },
    solution: {
      'solve.sh': `#!/bin/bash\nset -e\ncd ${ROOT}\ngit apply --whitespace=nowarn /solution/gold.patch\n`,
      'gold.patch': task.gold.patch,
    },
  };
}

type Files = Record<string, { content: Buffer; executable: boolean }>;

async function filesOf(factory: Factory, treeish: string): Promise<Files> {
  const files: Files = {};
  for (const [path, { mode, blob }] of await factory.store.list(treeish)) {
    if (mode === '160000' || mode === '120000' || path.includes('\ufffd')) continue;
    files[path] = { content: await factory.store.readBlob(blob), executable: mode === '100755' };
  }
  return files;
}

/** What an attempt is judged with whatever it made of it: tests, configuration, lockfiles. */
async function givenFiles(
  factory: Factory,
  start: string,
  reference: string,
): Promise<{ files: Files; removed: string[] }> {
  const [before, after] = await Promise.all([factory.store.list(start), filesOf(factory, reference)]);
  const isGiven = (path: string) => !['source', 'document'].includes(roleOf(path, false));
  const files = Object.fromEntries(Object.entries(after).filter(([path]) => isGiven(path)));
  return { files, removed: [...before.keys()].filter((path) => isGiven(path) && !(path in after)) };
}

function prefixed<T>(folder: string, files: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(files).map(([path, file]) => [posix.join(folder, path), file]));
}

async function reporters(): Promise<Record<string, Buffer>> {
  const folder = join(ASSETS, 'reporters');
  const found: Record<string, Buffer> = {};
  for (const name of await readdir(folder))
    if (/\.(?:mjs|cjs|py|toml)$/.test(name)) found[`reporters/${name}`] = await readFile(join(folder, name));
  return found;
}

function dockerfileFor(plan: SetupPlan | undefined, toolchain: Readonly<Record<string, string>>): string {
  const fill = (text: string) =>
    text
      .replaceAll('{setup}', SETUP)
      .replaceAll('{source}', ROOT)
      .replaceAll('{root}', ROOT)
      .replaceAll('{build}', plan?.build === undefined ? '/tmp/kino-build' : `${SETUP}/${plan.build}`);
  // Programs of this machine have other places in the image.
  const word = (text: string) => (/^\/.*\/python3?(?:\.\d+)?$/.test(text) ? 'python3' : fill(text));
  const lines = [`FROM ${imageFor(toolchain)}`, `WORKDIR ${ROOT}`, `COPY workspace/ ${ROOT}/`];
  if (plan && Object.keys(plan.files).length > 0) lines.push(`COPY setup/ ${SETUP}/`);
  for (const { argv, cwd, env = {} } of plan?.attempts[0] ?? []) {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${fill(value)}`);
    lines.push(
      `WORKDIR ${fill(cwd)}`,
      `RUN ${JSON.stringify([...(variables.length > 0 ? ['env', ...variables] : []), ...argv.map(word)])}`,
    );
  }
  for (const { from, to } of plan?.mounts ?? [])
    lines.push(
      `RUN ["sh", "-c", "if [ -e \\"$0\\" ]; then mkdir -p \\"$(dirname \\"$1\\")\\" && ln -sfn \\"$0\\" \\"$1\\"; fi", ${JSON.stringify(`${SETUP}/${from}`)}, ${JSON.stringify(`${ROOT}/${to}`)}]`,
    );
  for (const [name, value] of Object.entries(plan?.env ?? {}))
    lines.push(`ENV ${name}=${JSON.stringify(fill(value))}`);
  const path = (plan?.path ?? []).filter((one) => one.startsWith('{setup}')).map(fill);
  if (path.length > 0) lines.push(`ENV PATH="${path.join(':')}:$PATH"`);
  lines.push(
    `WORKDIR ${ROOT}`,
    'RUN git init -q && git add -A && git -c user.name=kino -c user.email=kino@localhost commit -q -m "The state to start from."',
  );
  return `${lines.join('\n')}\n`;
}

function imageFor(toolchain: Readonly<Record<string, string>>): string {
  const { node, python, go, rust } = toolchain;
  if (node !== undefined) return `node:${node.split('.')[0]}-bookworm`;
  if (python !== undefined) return `python:${python.split('.').slice(0, 2).join('.')}-bookworm`;
  if (go !== undefined) return `golang:${go.split('.').slice(0, 2).join('.')}-bookworm`;
  if (rust !== undefined) return `rust:${/\d+\.\d+/.exec(rust)?.[0] ?? '1'}-bookworm`;
  return 'buildpack-deps:bookworm';
}

function slug(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase() || 'repository'
  );
}
