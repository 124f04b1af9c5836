import { posix } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import type { ProjectFiles } from '../project-files.ts';
import type { TestPlan } from '../tests/runner.ts';
import { chooseToolchain, installedToolchains } from '../toolchains.ts';
import { dayAfter } from './dates.ts';
import { hostOf } from './host-of.ts';
import { setupKey } from './key.ts';
import type { SetupCommand, SetupPlan } from './setup.ts';

const strings = z.array(z.string()).catch([]);
const pyprojectSchema = z.looseObject({
  project: z
    .looseObject({
      name: z.string().optional().catch(undefined),
      'requires-python': z.string().optional().catch(undefined),
      dependencies: strings.optional(),
      'optional-dependencies': z.record(z.string(), strings).catch({}).optional(),
    })
    .optional()
    .catch(undefined),
  'dependency-groups': z.record(z.string(), z.array(z.unknown())).optional().catch(undefined),
  'build-system': z.unknown().optional(),
  tool: z
    .looseObject({
      poetry: z
        .looseObject({
          dependencies: z.record(z.string(), z.unknown()).optional().catch(undefined),
          'dev-dependencies': z.record(z.string(), z.unknown()).optional().catch(undefined),
          group: z
            .record(z.string(), z.looseObject({ dependencies: z.record(z.string(), z.unknown()).optional() }))
            .optional()
            .catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});
type Pyproject = z.infer<typeof pyprojectSchema>;

/** Extras and groups that hold what tests need, the most fitting first. */
const TESTING = /^(?:tests?|testing|unit-?tests?|ci|dev|develop(?:ment)?|all)$/i;
const REQUIREMENTS =
  /(?:^|\/)(?:requirements[-_.]?(?:tests?|testing|dev|ci|develop(?:ment)?)?|(?:tests?|testing|dev|ci)[-_.]?requirements)\.txt$|(?:^|\/)requirements\/(?:tests?|testing|dev|ci|base)\.txt$/i;
/** Folders whose requirements are not those of tests. */
const BESIDE = /(?:^|\/)(?:docs?|examples?|bench(?:marks?)?|tools|scripts)\//;
/** Tools that check, format or document: no test needs them. */
const NO_TEST_NEEDS =
  /^(?:ruff|black|flake8\S*|pylint|mypy|pyright|isort|tox\S*|nox|pre-commit\S*|sphinx\S*|twine|build|wheel|bump\S*|coveralls|codecov|mkdocs\S*|furo|pyupgrade|autoflake|bandit|interrogate|docformatter|commitizen)(?:$|[\s<>=!~;[@])/i;

export interface PythonSetup {
  plan: SetupPlan;
  version: string;
}

/** A virtual environment with what the tests of a repository need, by its lockfile or as it was on the day of its manifest. */
export async function pythonSetup(
  files: ProjectFiles,
  tests: TestPlan,
  time: number,
): Promise<PythonSetup | undefined> {
  const at = (name: string) => posix.join(tests.folder, name);
  const pyproject = parsePyproject(await files.read(at('pyproject.toml')));
  const setupCfg = await files.read(at('setup.cfg'));
  const setupPy = await files.read(at('setup.py'));
  const chosen = chooseToolchain(
    await installedToolchains('python'),
    wantedPython(pyproject, setupCfg, setupPy, await files.read(at('.python-version'))),
    time,
  );
  if (!chosen) return undefined;
  const { toolchain, note } = chosen;

  const isPackage =
    setupPy !== undefined ||
    pyproject?.['build-system'] !== undefined ||
    pyproject?.project?.name !== undefined;
  const extras = extrasOf(pyproject, setupCfg, setupPy);
  const named = await requirementsOf(files, tests.folder, pyproject, isPackage);
  const needs = [
    ...named.requirements,
    ...(tests.runner === 'pytest' && !mentions(named.requirements, 'pytest') ? ['pytest'] : []),
  ];
  const constraints = await constraintsOf(files, tests.folder);
  const day = constraints === '' ? dayAfter(time) : '';
  const project = isPackage
    ? ['-e', `{source}/${tests.folder}${extras.length > 0 ? `[${extras.join(',')}]` : ''}`]
    : [];
  const bare = isPackage ? ['-e', `{source}/${tests.folder}`] : [];

  const written: Record<string, string> = {
    'needs.txt': `${needs.join('\n')}\n`,
    'constraints.txt': constraints,
  };
  const python = '{setup}/venv/bin/python';
  const run = (...argv: string[]): SetupCommand => ({
    argv,
    cwd: '{source}',
    env: {
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_INPUT: '1',
      // Without history a version cannot be told from git's tags.
      SETUPTOOLS_SCM_PRETEND_VERSION: '9999.0',
      PBR_VERSION: '9999.0',
      ...dateLimit(day),
    },
  });
  const install = (...what: string[]) =>
    run(python, '-m', 'pip', 'install', '--quiet', '-c', '{setup}/constraints.txt', ...what);
  const venv = [
    run(toolchain.program, '-m', 'venv', '{setup}/venv'),
    run(python, '-m', 'pip', 'install', '--quiet', '--upgrade', 'pip', 'setuptools<81', 'wheel'),
  ];
  const requirements = ['-r', '{setup}/needs.txt'];
  return {
    version: toolchain.version,
    plan: {
      tool: 'pip',
      key: setupKey(
        'python',
        toolchain.version,
        tests.folder,
        written,
        day,
        extras,
        packageFacts(pyproject),
        withoutVersion(setupPy),
        withoutVersion(sectionsOfPackage(setupCfg)),
        await nativeSources(files),
      ),
      files: written,
      needsSource: true,
      attempts: [
        [...venv, install(...project, ...requirements)],
        [...venv, install(...bare, ...requirements)],
        [
          ...venv,
          run(
            python,
            '-m',
            'pip',
            'install',
            '--quiet',
            ...bare,
            tests.runner === 'pytest' ? 'pytest' : 'pip',
          ),
        ],
      ],
      hosts: ['pypi.org', 'files.pythonhosted.org', ...hostOf(process.env.PIP_INDEX_URL)],
      mounts: [],
      env: {
        VIRTUAL_ENV: '{setup}/venv',
        // The files under test come before what was there when the set-up was made.
        PYTHONPATH: [`{root}/${tests.folder}/src`, `{root}/${tests.folder}`]
          .map((path) => path.replace('/./', '/').replace(/\/\.$/, ''))
          .join(':'),
      },
      path: ['{setup}/venv/bin'],
      compromises: [
        undefined,
        'its extras could not be installed',
        'its requirements for tests could not be installed',
      ],
      installed: run(python, '-m', 'pip', 'freeze', '--all'),
      notes: [...(note === undefined ? [] : [note])],
    },
  };
}

/** What is compiled when the package is installed: with other sources it is another set-up. */
async function nativeSources(files: ProjectFiles): Promise<string[]> {
  const native = files.paths.filter((path) => /\.(?:c|cc|cpp|cxx|h|hpp|pyx|pxd|rs|f|f90)$/.test(path)).sort();
  return Promise.all(native.map(async (path) => `${path}\0${(await files.read(path)) ?? ''}`));
}

/** pip knows by when a file was uploaded since version 26; older ones take no notice of the variable. */
function dateLimit(day: string): Record<string, string> {
  return day === '' ? {} : { PIP_UPLOADED_PRIOR_TO: `${day}T00:00:00Z` };
}

function parsePyproject(text: string | undefined): Pyproject | undefined {
  try {
    return text === undefined ? undefined : pyprojectSchema.safeParse(parseToml(text)).data;
  } catch {
    return undefined;
  }
}

function wantedPython(
  pyproject: Pyproject | undefined,
  setupCfg = '',
  setupPy = '',
  pinned = '',
): string | undefined {
  const poetry = pyproject?.tool?.poetry?.dependencies?.python;
  const said =
    pyproject?.project?.['requires-python'] ??
    /python_requires\s*=\s*["']?([^"'\n]+)/.exec(`${setupCfg}\n${setupPy}`)?.[1];
  if (said !== undefined) return said;
  if (typeof poetry === 'string') return poetry.startsWith('^') ? `>=${poetry.slice(1)}` : poetry;
  return /^\d+\.\d+/.exec(pinned.trim())?.[0];
}

function extrasOf(pyproject: Pyproject | undefined, setupCfg = '', setupPy = ''): string[] {
  const declared = [
    ...Object.keys(pyproject?.project?.['optional-dependencies'] ?? {}),
    ...[
      ...(/\[options\.extras_require\]\n([\s\S]*?)(?:\n\[|$)/
        .exec(setupCfg)?.[1]
        ?.matchAll(/^(\w[\w-]*)\s*=/gm) ?? []),
    ].map((match) => match[1]!),
    ...[
      ...(/extras_require\s*=\s*\{([\s\S]*?)\}\s*[,)]/
        .exec(setupPy)?.[1]
        ?.matchAll(/["'](\w[\w-]*)["']\s*:/g) ?? []),
    ].map((match) => match[1]!),
  ];
  const fitting = [...new Set(declared)].filter((name) => TESTING.test(name));
  const tests = fitting.filter((name) => /test/i.test(name));
  return (tests.length > 0 ? tests : fitting).sort();
}

async function requirementsOf(
  files: ProjectFiles,
  folder: string,
  pyproject: Pyproject | undefined,
  isPackage: boolean,
): Promise<{ requirements: string[] }> {
  const found: string[] = [];
  const groups = pyproject?.['dependency-groups'] ?? {};
  for (const name of testingNames(Object.keys(groups))) found.push(...groupOf(groups, name, 0));
  const poetry = pyproject?.tool?.poetry;
  for (const name of testingNames(Object.keys(poetry?.group ?? {})))
    found.push(...Object.keys(poetry?.group?.[name]?.dependencies ?? {}));
  found.push(...Object.keys(poetry?.['dev-dependencies'] ?? {}));
  const inFolder = files.paths.filter((path) => folder === '.' || path.startsWith(`${folder}/`));
  const lists = inFolder.filter(
    (path) => REQUIREMENTS.test(path) && !BESIDE.test(path) && path.split('/').length <= 3,
  );
  for (const path of lists.sort()) {
    if (isPackage && found.length > 0 && /(?:^|\/)requirements\.txt$/.test(path)) continue;
    found.push(...linesOf(await files.read(path)));
  }
  const tox = (await files.read(posix.join(folder, 'tox.ini'))) ?? '';
  const deps = /^\[testenv\][\s\S]*?^deps\s*=([^\n]*\n(?:[ \t]+[^\n]*\n)*)/m.exec(`${tox}\n`)?.[1];
  found.push(
    ...linesOf(deps)
      .map((line) => line.replace(/^[\w,{}.-]+:\s+/, ''))
      .filter((line) => !line.includes('{')),
  );
  return { requirements: [...new Set(found)].filter((one) => !NO_TEST_NEEDS.test(one) && one !== 'python') };
}

/** Where a group is called after tests, that one; otherwise those for development. */
function testingNames(names: readonly string[]): string[] {
  const tests = names.filter((name) => /^(?:unit-?)?tests?$|^testing$/i.test(name));
  return tests.length > 0 ? tests : names.filter((name) => TESTING.test(name));
}

/** A group of PEP 735 may include others. */
function groupOf(groups: Readonly<Record<string, unknown[]>>, name: string, depth: number): string[] {
  if (depth > 5) return [];
  return (groups[name] ?? []).flatMap((entry) => {
    if (typeof entry === 'string') return [entry];
    const other = (entry as { 'include-group'?: unknown } | null)?.['include-group'];
    return typeof other === 'string' ? groupOf(groups, other, depth + 1) : [];
  });
}

/** The requirements of a list. Options (`-e .`, `-r other`, an index) are left out: they may lead anywhere. */
function linesOf(text: string | undefined): string[] {
  return (text ?? '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*$/, '')
        .replace(/\s+--hash=\S+/g, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('-') && !/^[./]|:\/\//.test(line));
}

const lockSchema = z.looseObject({
  package: z
    .array(
      z.looseObject({ name: z.string(), version: z.string().optional(), source: z.unknown().optional() }),
    )
    .optional(),
});

/** What the lockfile of uv, Poetry or PDM pins, as pip's constraints. A name with several versions is not pinned. */
async function constraintsOf(files: ProjectFiles, folder: string): Promise<string> {
  for (const name of ['uv.lock', 'poetry.lock', 'pdm.lock']) {
    const text = await files.read(posix.join(folder, name));
    if (text === undefined) continue;
    try {
      const versions = new Map<string, Set<string>>();
      for (const { name: one, version } of lockSchema.parse(parseToml(text)).package ?? [])
        if (version !== undefined && /^[\w.!-]+$/.test(version))
          versions.set(one, (versions.get(one) ?? new Set()).add(version));
      const pinned = [...versions]
        .filter(([, all]) => all.size === 1)
        .map(([one, all]) => `${one}==${[...all][0]}`);
      // The project itself stands in its own lock.
      const own = /^name\s*=\s*["']([^"']+)/m.exec(
        (await files.read(posix.join(folder, 'pyproject.toml'))) ?? '',
      )?.[1];
      const others = pinned.filter(
        (line) => line.split('==')[0] !== own?.toLowerCase().replace(/[._]/g, '-'),
      );
      return `${others.sort().join('\n')}\n`;
    } catch {
      // A lock that cannot be read pins nothing.
    }
  }
  return '';
}

/** What of a manifest decides how its package is built and what it needs, without its version. */
function packageFacts(pyproject: Pyproject | undefined): unknown {
  const { version: _, description: __, ...project } = pyproject?.project ?? {};
  return [
    project.name,
    project.dependencies,
    Object.entries(project['optional-dependencies'] ?? {}).map(([name, needs]) => [
      name,
      needs.filter((one) => !NO_TEST_NEEDS.test(one)),
    ]),
    project.scripts,
    project['entry-points'],
    pyproject?.['build-system'],
    pyproject?.tool?.poetry?.dependencies,
  ];
}

function withoutVersion(text: string | undefined): string | undefined {
  return text?.replace(/\bversion\s*=\s*(?:["'][^"'\n]*["']|[\w.+-]+[ \t]*$)/gm, '');
}

/** Of a `setup.cfg` what is about the package; checkers keep their settings there as well. */
function sectionsOfPackage(text: string | undefined): string | undefined {
  return text
    ?.split(/^(?=\[)/m)
    .filter((section) => /^\[(?:metadata|options)/.test(section))
    .join('');
}

function mentions(requirements: readonly string[], name: string): boolean {
  return requirements.some((one) => new RegExp(`^${name}(?:$|[\\s<>=!~;[])`, 'i').test(one));
}
