import { posix } from 'node:path';
import { classify } from '../../project/index.ts';

/**
 * What a file is for in a `fix` task: `source` is what the task is about; everything else is given by the task when it
 * is judged, whatever an agent made of it, but `document`s, which no test asks for.
 */
export type Role = 'source' | 'document' | 'test' | 'configuration' | 'hook' | 'dependency';

const CONFIGURATION =
  /(?:^|\/)(?:package\.json|(?:package-lock|npm-shrinkwrap)\.json|pnpm-(?:lock|workspace)\.yaml|yarn\.lock|bun\.lockb?|[jt]sconfig[^/]*\.json|(?:vitest|vite|jest|babel|playwright|ava|karma|nyc|c8|wallaby|web-test-runner)\.(?:config|workspace|setup|conf)[^/]*|\.(?:mocharc|babelrc|swcrc|nycrc|c8rc|taprc|npmrc|yarnrc|nvmrc|node-version|python-version|tool-versions|coveragerc|env)[^/]*|\.mocharc|\.yarn\/[^/]*|pytest\.ini|\.pytest\.ini|tox\.ini|setup\.(?:cfg|py)|pyproject\.toml|noxfile\.py|conftest\.py|requirements[^/]*\.(?:txt|in)|requirements\/[^/]*\.(?:txt|in)|(?:uv|poetry|pdm)\.lock|Pipfile(?:\.lock)?|go\.(?:mod|sum|work|work\.sum)|Cargo\.(?:toml|lock)|build\.rs|rust-toolchain[^/]*|\.cargo\/[^/]*|\.config\/nextest\.toml|CMakeLists\.txt|CMakePresets\.json|CTest[^/]*|(?:GNU)?[Mm]akefile|Gemfile(?:\.lock)?)$/;

/** What interpreters run or obey before any program of the repository: nobody needs it for a change of code. */
const HOOK =
  /(?:^|\/)(?:(?:site|user)customize(?:\.py|\/.*)|[^/]+\.pth|[^/]+\.(?:egg-info|dist-info)\/.*|[^/]+\.(?:egg-info|egg-link)|\.envrc|\.husky\/.*|\.githooks\/.*|\.gdbinit|LD_PRELOAD|ld\.so\.preload|\.gitattributes|\.gitconfig)$/;

/** What is run elsewhere, and nothing that a test could be about. */
const CI =
  /^(?:\.github|\.circleci|\.gitlab|\.buildkite)\/|^(?:\.gitlab-ci|\.travis|appveyor|\.appveyor|azure-pipelines|\.pre-commit-config|\.readthedocs|codecov|\.codecov)\.ya?ml$/;

/** Installed packages: what is judged with them is the set-up's. */
const DEPENDENCY =
  /(?:^|\/)(?:node_modules|\.venv|venv|site-packages|\.tox|\.nox|__pycache__|target\/debug|\.git)(?:\/|$)/;

/** Modules that a test runner loads by name: a file of such a name would be loaded in their place. */
const SHADOWS = new Set(
  `pytest _pytest pluggy iniconfig unittest kino_pytest kino_unittest kino_coverage py doctest importlib runpy pkgutil site sys os io abc
  re json random traceback typing types functools itertools collections contextlib inspect ast tokenize linecache warnings
  logging threading subprocess signal shutil tempfile pathlib posixpath genericpath stat codecs encodings enum dataclasses
  argparse copy weakref operator keyword heapq string struct time datetime difflib pprint platform fnmatch glob shlex
  textwrap reprlib configparser tomllib asyncio concurrent multiprocessing queue socket select atexit builtins`.split(
    /\s+/,
  ),
);

/** The role of a path. @param isNew the base has no such file */
export function roleOf(path: string, isNew: boolean): Role {
  if (DEPENDENCY.test(path) || classify(path) === 'vendored') return 'dependency';
  if (CI.test(path)) return 'document';
  if (HOOK.test(path) || (isNew && shadowsRunner(path))) return 'hook';
  if (CONFIGURATION.test(path)) return 'configuration';
  if (classify(path) === 'test' || /(?:^|\/)__snapshots__\/|\.snap$/.test(path)) return 'test';
  // Code of examples and of documentation may be what tests are about.
  return /\.(?:md|mdx|markdown|rst|adoc|txt|org|tex|pod)$|(?:^|\/)(?:LICEN[CS]E|AUTHORS|NOTICE)[^/]*$/i.test(
    path,
  )
    ? 'document'
    : 'source';
}

function shadowsRunner(path: string): boolean {
  const [first = '', second = ''] = path.split('/');
  const top = first === 'src' || first === 'lib' ? second : first;
  const isPython = /\.(?:py|so|pyc)$/.test(posix.basename(path));
  return isPython && SHADOWS.has(top.replace(/\..*$/, ''));
}
