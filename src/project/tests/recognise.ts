import { posix } from 'node:path';
import type { RunnerName, TestPlan } from './runner.ts';
import type { ScriptCommand } from './script.ts';

/** What of a runner's flags is kept: whatever is not named here, and is no flag of output. */
interface Flags {
  /** Flags whose value is the next word. */
  valued: readonly string[];
  /** Flags that only change what is printed, watch, or measure coverage; a `=` and what follows belongs to them. */
  dropped: readonly string[];
}

const FLAGS: Partial<Record<RunnerName, Flags>> = {
  mocha: {
    valued:
      '-r --require -R --reporter -O --reporter-option --reporter-options -t --timeout -u --ui --config --file -g --grep -f --fgrep --extension --spec --ignore --exclude -s --slow --retries -j --jobs --loader --import -n --node-option --opts --package'.split(
        ' ',
      ),
    dropped:
      '-R --reporter -O --reporter-option --reporter-options -w --watch --color --colors -c --no-color -b --bail --no-bail --forbid-only --inspect --inspect-brk'.split(
        ' ',
      ),
  },
  jest: {
    valued:
      '-c --config --testPathPattern --testMatch -t --testNamePattern --maxWorkers -w --env --rootDir --projects --selectProjects --testTimeout --shard --setupFilesAfterEnv --coverageDirectory --reporters --testRegex'.split(
        ' ',
      ),
    dropped:
      '--ci --coverage --collectCoverage --coverageDirectory --coverageReporters --watch --watchAll --verbose --silent --colors --color --reporters --json --outputFile --bail -b --passWithNoTests --notify --logHeapUsage --detectOpenHandles --onlyChanged -o --findRelatedTests --updateSnapshot -u --cache --no-cache'.split(
        ' ',
      ),
  },
  vitest: {
    valued:
      '-c --config -r --root --dir --project --environment -t --testNamePattern --pool --maxWorkers --testTimeout --reporter --outputFile --shard --mode'.split(
        ' ',
      ),
    dropped:
      'run --run watch --watch -w --coverage --coverage.enabled --reporter --outputFile --ui --silent --bail --passWithNoTests --changed -u --update --no-color --open --hideSkippedTests --typecheck'.split(
        ' ',
      ),
  },
  ava: {
    valued: '--config -m --match -T --timeout -c --concurrency --node-arguments'.split(' '),
    dropped: '-v --verbose -w --watch -t --tap --color --no-color --fail-fast -u --update-snapshots'.split(
      ' ',
    ),
  },
  tap: {
    valued: '-R --reporter -j --jobs -t --timeout --node-arg -r --require'.split(' '),
    dropped:
      '-R --reporter --color --no-color -C --cov --coverage --100 --coverage-report --check-coverage --no-check-coverage -b --bail -w --watch'.split(
        ' ',
      ),
  },
  tape: {
    valued: '-r --require -i --ignore'.split(' '),
    dropped: ['--no-only'],
  },
  pytest: {
    valued:
      '-m -k -p -c -o --rootdir --ignore --deselect -n --numprocesses --cov --cov-report --cov-config --junitxml --junit-xml --tb -W --durations --timeout --maxfail --import-mode --confcutdir --color --log-level'.split(
        ' ',
      ),
    dropped:
      '-v -vv -vvv -q -qq -s -x -l -ra -rA -rs -rsx -rxs --verbose --quiet --capture --cov --cov-report --cov-config --cov-append --cov-branch --cov-fail-under --junitxml --junit-xml --tb --durations --maxfail --exitfirst --color --showlocals --no-header -n --numprocesses --dist --ff --lf --failed-first --last-failed --pdb'.split(
        ' ',
      ),
  },
  go: {
    valued:
      '-tags -run -timeout -coverprofile -covermode -coverpkg -ldflags -parallel -p -bench -count'.split(' '),
    dropped:
      '-v -json -cover -coverprofile -covermode -coverpkg -race -count -timeout -failfast -bench -benchmem -vet -short -shuffle -ldflags -parallel -p'.split(
        ' ',
      ),
  },
  cargo: {
    valued:
      '--features -F -p --package --exclude --target --target-dir --manifest-path --test --profile -j --jobs --color --bin --example'.split(
        ' ',
      ),
    dropped:
      '-v --verbose -q --quiet --no-fail-fast --no-run --locked --frozen --offline --color --target --target-dir --doc --release -r -j --jobs --message-format --all-targets --benches --examples'.split(
        ' ',
      ),
  },
};
FLAGS.nextest = FLAGS.cargo!;

/** Programs that only start another: flags of their own with a value, and commands that come before it. */
const WRAPPERS: Readonly<Record<string, { valued: readonly string[]; commands?: readonly string[] }>> = {
  npx: { valued: ['-p', '--package'] },
  bunx: { valued: [] },
  c8: {
    valued: [
      '-r',
      '--reporter',
      '-x',
      '--exclude',
      '-n',
      '--include',
      '-o',
      '--reports-dir',
      '--temp-directory',
      '--config',
    ],
  },
  nyc: {
    valued: [
      '-r',
      '--reporter',
      '-x',
      '--exclude',
      '-n',
      '--include',
      '--report-dir',
      '--require',
      '-i',
      '--extension',
    ],
  },
  'cross-env': { valued: [] },
  'cross-env-shell': { valued: [] },
  dotenv: { valued: ['-e', '-c', '-v', '-p'] },
  env: { valued: ['-u'] },
  npm: { valued: [], commands: ['exec', 'x'] },
  pnpm: { valued: ['-C', '--filter', '-F'], commands: ['exec', 'run', 'dlx'] },
  yarn: { valued: [], commands: ['exec', 'run'] },
  bun: { valued: [], commands: ['run', 'x'] },
  uv: { valued: ['--extra', '--group', '--with', '-p', '--python'], commands: ['run'] },
  poetry: { valued: [], commands: ['run'] },
  pdm: { valued: [], commands: ['run'] },
  pipenv: { valued: [], commands: ['run'] },
  hatch: { valued: [], commands: ['run'] },
  time: { valued: [] },
  coverage: { commands: ['run'], valued: ['--source', '--omit', '--include', '--rcfile', '--data-file'] },
  'xvfb-run': { valued: [] },
  timeout: { valued: [] },
};

/**
 * The test run that a command stands for, or undefined where it starts no runner that is known.
 *
 * @param folder where it runs, relative to the root
 */
export function recognise(command: ScriptCommand, folder: string, from: string): TestPlan | undefined {
  const { words, env } = unwrapped(command);
  const plan = recogniseWords(words, folder, from);
  if (!plan) return undefined;
  const all = { ...env, ...plan.env, ...joinedNodeOptions(env, plan.env) };
  return { ...plan, ...(Object.keys(all).length > 0 && { env: all }) };
}

function recogniseWords(words: readonly string[], folder: string, from: string): TestPlan | undefined {
  const [program = '', ...rest] = words;
  const name = posix.basename(program).replace(/\.(?:[cm]?js|exe)$/, '');
  const plan = (runner: RunnerName, given: readonly string[], before: readonly string[] = []): TestPlan => {
    const { args, files } = split(runner, given);
    return { runner, folder, args: [...before, ...args], files, from };
  };
  if (name === 'node' || name === 'tsx' || name === 'ts-node') return nodeCommand(name, rest, plan);
  if (name === 'mocha' || name === '_mocha') return plan('mocha', rest);
  if (name === 'jest' || name === 'vitest' || name === 'ava' || name === 'tap' || name === 'tape')
    return plan(name, rest);
  if (name === 'pytest' || name === 'py.test') return plan('pytest', rest);
  if (/^python(?:\d(?:\.\d+)?)?$/.test(name)) return pythonCommand(rest, plan, folder, from);
  if (name === 'go' && rest[0] === 'test') return plan('go', rest.slice(1));
  if (name === 'cargo') {
    const [sub, ...further] = rest.filter((word) => !word.startsWith('+'));
    if (sub === 'test' || sub === 't') return plan('cargo', before(further, '--'));
    if (sub === 'nextest') return plan('nextest', before(further.slice(1), '--'));
  }
  if (name === 'ctest') return { runner: 'ctest', folder, args: [], files: [], from };
  return undefined;
}

type Planner = (runner: RunnerName, given: readonly string[], before?: readonly string[]) => TestPlan;

/** Flags of Node whose value is the next word. */
const NODE_VALUED = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--test-concurrency',
  '--test-name-pattern',
  '--test-skip-pattern',
  '--test-timeout',
]);

function nodeCommand(program: string, words: readonly string[], plan: Planner): TestPlan | undefined {
  const own: string[] =
    program === 'tsx' ? ['--import', 'tsx'] : program === 'ts-node' ? ['--require', 'ts-node/register'] : [];
  let isTest = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--test') isTest = true;
    else if (
      word.startsWith('--test-reporter') ||
      /^--(?:experimental-test-coverage|watch|test-force-exit)/.test(word)
    ) {
      if (!word.includes('=') && word.startsWith('--test-reporter')) at++;
    } else if (NODE_VALUED.has(word)) own.push(word, words[++at] ?? '');
    else if (word.startsWith('-')) own.push(word);
    else if (isTest) {
      const files = words.slice(at).filter((one) => !one.startsWith('-'));
      return { ...plan('node:test', []), args: own, files };
    } else {
      const name = posix.basename(word).replace(/\.[cm]?js$/, '');
      const runner = (
        {
          mocha: 'mocha',
          _mocha: 'mocha',
          jest: 'jest',
          vitest: 'vitest',
          ava: 'ava',
          tap: 'tap',
          tape: 'tape',
        } as const
      )[name];
      if (runner === undefined) return undefined;
      const env = own.length > 0 && { env: { NODE_OPTIONS: own.join(' ') } };
      return { ...plan(runner, words.slice(at + 1)), ...env };
    }
  }
  return isTest ? { ...plan('node:test', []), args: own, files: [] } : undefined;
}

function pythonCommand(
  words: readonly string[],
  plan: Planner,
  folder: string,
  from: string,
): TestPlan | undefined {
  const at = words.indexOf('-m');
  const [module = '', ...rest] = at === -1 ? [] : words.slice(at + 1);
  if (module === 'pytest') return plan('pytest', rest);
  if (module === 'coverage') return pythonCommand(rest.slice(rest.indexOf('-m')), plan, folder, from);
  if (module !== 'unittest') return undefined;
  const valued = (names: readonly string[]) => {
    const place = rest.findIndex((word) => names.includes(word));
    return place === -1 ? undefined : rest[place + 1];
  };
  const named = rest.filter(
    (word, place) => !word.startsWith('-') && word !== 'discover' && !/^-[stp]$/.test(rest[place - 1] ?? ''),
  );
  const start = valued(['-s', '--start-directory']) ?? named.find((word) => !word.endsWith('.py')) ?? '.';
  return {
    runner: 'unittest',
    folder,
    args: [],
    files: [/^[\w.]+\w$/.test(start) ? start.replaceAll('.', '/') : start],
    from,
  };
}

/** Without the programs that only start the runner, and what is for them but the variables that they set. */
function unwrapped(command: ScriptCommand): { words: string[]; env: Record<string, string> } {
  let left = [...command.words];
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(command.env)) setVariable(env, name, value);
  for (let depth = 0; depth < 5; depth++) {
    const [program = ''] = left;
    const wrapper = WRAPPERS[posix.basename(program)];
    if (!wrapper) break;
    let at = 1;
    while (at < left.length) {
      const word = left[at]!;
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word);
      if (wrapper.valued.includes(word)) at += 2;
      else if (assignment) {
        setVariable(env, assignment[1]!, assignment[2]!);
        at++;
      } else if (word.startsWith('-') || /^\d+[smh]?$/.test(word) || wrapper.commands?.includes(word)) at++;
      else break;
    }
    // Of `coverage run -m unittest` the flag belongs to what is run.
    const isModule = program === 'coverage' && !/^(?:python|pytest)/.test(left[at] ?? '');
    left = [...(isModule ? ['python', '-m'] : []), ...left.slice(at)];
  }
  return { words: left, env };
}

/** What a shell would put in for other variables is not known; programs are found by Kino's own PATH. */
function setVariable(env: Record<string, string>, name: string, value: string): void {
  if (name !== 'PATH') env[name] = value.replace(/\$(?:\w+|\{[^}]*\})/g, '').trim();
}

/** Flags of Node that stand in a variable and on the command line. */
function joinedNodeOptions(...parts: (Record<string, string> | undefined)[]): Record<string, string> {
  const options = parts.flatMap((env) => env?.NODE_OPTIONS || []);
  return options.length > 0 ? { NODE_OPTIONS: options.join(' ') } : {};
}

/** The runner's flags that are kept, and the files, folders and patterns. */
function split(runner: RunnerName, words: readonly string[]): { args: string[]; files: string[] } {
  const { valued, dropped } = FLAGS[runner] ?? { valued: [], dropped: [] };
  const args: string[] = [];
  const files: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const flag = word.replace(/=.*$/, '');
    const takesNext = !word.includes('=') && valued.includes(flag);
    if (dropped.includes(flag) || dropped.includes(word)) {
      if (takesNext) at++;
    } else if (word.startsWith('-') && word !== '--') {
      args.push(word);
      if (takesNext && words[at + 1] !== undefined) args.push(words[++at]!);
    } else if (word !== '--') files.push(word);
  }
  return { args, files };
}

function before(words: readonly string[], mark: string): string[] {
  const at = words.indexOf(mark);
  return at === -1 ? [...words] : words.slice(0, at);
}
