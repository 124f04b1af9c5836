import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recognise } from './recognise.ts';
import { commandsIn } from './script.ts';

const plansOf = (script: string) =>
  commandsIn(script).flatMap((command) => {
    const plan = recognise(command, '.', 'here');
    if (!plan) return [];
    const { runner, args, files, env } = plan;
    return [[runner, args, files, ...(env ? [env] : [])]];
  });

test.each<[script: string, ...plans: unknown[]]>([
  ['mocha', ['mocha', [], []]],
  ['mocha -R spec --recursive test/', ['mocha', ['--recursive'], ['test/']]],
  ['mocha -c test/*.js', ['mocha', [], ['test/*.js']]],
  [
    'mocha --require ts-node/register -t 5000 "test/**/*.ts"',
    ['mocha', ['--require', 'ts-node/register', '-t', '5000'], ['test/**/*.ts']],
  ],
  ['./node_modules/.bin/_mocha --reporter=dot --exit', ['mocha', ['--exit'], []]],
  ['nyc --reporter lcov --reporter=text _mocha --check-leaks', ['mocha', ['--check-leaks'], []]],
  ['c8 -r lcov -n src mocha --bail', ['mocha', [], []]],
  ['jest', ['jest', [], []]],
  ['jest --ci --coverage --coverageReporters=text -w 2 -i', ['jest', ['-w', '2', '-i'], []]],
  [
    'jest -c config/jest.json --testPathPattern unit src',
    ['jest', ['-c', 'config/jest.json', '--testPathPattern', 'unit'], ['src']],
  ],
  ['npx --no-install jest', ['jest', [], []]],
  ['yarn jest --watchAll=false', ['jest', [], []]],
  ['yarn run -T jest', ['jest', [], []]],
  [
    'node --experimental-vm-modules node_modules/jest/bin/jest.js --verbose',
    ['jest', [], [], { NODE_OPTIONS: '--experimental-vm-modules' }],
  ],
  [
    'NODE_OPTIONS="$NODE_OPTIONS --experimental-vm-modules" npx jest',
    ['jest', [], [], { NODE_OPTIONS: '--experimental-vm-modules' }],
  ],
  [
    "cross-env NODE_ENV=test NODE_OPTIONS='--no-warnings' node -r esm ./node_modules/.bin/mocha",
    ['mocha', [], [], { NODE_ENV: 'test', NODE_OPTIONS: '--no-warnings -r esm' }],
  ],
  ['cross-env TZ=America/New_York -- jest', ['jest', [], [], { TZ: 'America/New_York' }]],
  ['env TZ=UTC mocha', ['mocha', [], [], { TZ: 'UTC' }]],
  ['PATH=./bin:$PATH mocha', ['mocha', [], []]],
  ['dotenv -e .env.test -- vitest run', ['vitest', [], []]],
  ['vitest', ['vitest', [], []]],
  ['vitest run --coverage --reporter=verbose', ['vitest', [], []]],
  [
    'vitest --run --config vitest.unit.ts --project unit',
    ['vitest', ['--config', 'vitest.unit.ts', '--project', 'unit'], []],
  ],
  ['pnpm exec vitest run src', ['vitest', [], ['src']]],
  ['pnpm -C packages/a vitest', ['vitest', [], []]],
  ['bun run vitest', ['vitest', [], []]],
  ['xo && nyc ava --verbose --serial', ['ava', ['--serial'], []]],
  ['ava -T 2m "test/*.js"', ['ava', ['-T', '2m'], ['test/*.js']]],
  ['tap --100 -J test/*.js', ['tap', ['-J'], ['test/*.js']]],
  ['tap test/*.js | faucet', ['tap', [], ['test/*.js']]],
  ['standard && tap --no-coverage --timeout 60', ['tap', ['--no-coverage', '--timeout', '60'], []]],
  ['node --test', ['node:test', [], []]],
  ['node --import tsx --test test/*.test.ts', ['node:test', ['--import', 'tsx'], ['test/*.test.ts']]],
  [
    'node --test --test-reporter spec --experimental-test-coverage --test-concurrency 1 "**/*.test.js"',
    ['node:test', ['--test-concurrency', '1'], ['**/*.test.js']],
  ],
  ['tsx --test src', ['node:test', ['--import', 'tsx'], ['src']]],
  ['c8 node --test --test-reporter=spec', ['node:test', [], []]],
  ['pytest', ['pytest', [], []]],
  [
    'python -m pytest -vv --cov=pkg --cov-report xml -n auto -m "not slow" tests',
    ['pytest', ['-m', 'not slow'], ['tests']],
  ],
  ['coverage run --source pkg -m pytest -x', ['pytest', [], []]],
  ['poetry run pytest --strict-markers', ['pytest', ['--strict-markers'], []]],
  ['uv run --group test pytest tests/unit', ['pytest', [], ['tests/unit']]],
  ['python3.11 -m unittest discover -s tests -p "test_*.py" -v', ['unittest', [], ['tests']]],
  ['python -m unittest', ['unittest', [], ['.']]],
  ['coverage run -m unittest discover tests.unit', ['unittest', [], ['tests/unit']]],
  [
    'go test -race -v -coverprofile=c.out -covermode atomic -tags integration ./...',
    ['go', ['-tags', 'integration'], ['./...']],
  ],
  ['cd x && go vet ./... && go test ./...', ['go', [], ['./...']]],
  ['cargo +nightly test --verbose --all-features -- --nocapture', ['cargo', ['--all-features'], []]],
  ['cargo t --locked -p words', ['cargo', ['-p', 'words'], []]],
  ['cargo nextest run --workspace --release', ['nextest', ['--workspace'], []]],
  ['cmake --build build && ctest --output-on-failure', ['ctest', [], []]],
  ['timeout 60 xvfb-run -a mocha', ['mocha', [], []]],
  ['eslint . --fix'],
  ['node test/run.js'],
  ['ts-node test.ts'],
  ['cargo build && go build'],
  ['echo "Error: no test specified" && exit 1'],
  ['npm run lint'],
  [''],
])('%s', (script, ...plans) => {
  expect(plansOf(script)).toEqual(plans);
});

describe('laws', () => {
  const word = fc.stringMatching(/^[a-z][a-z./-]{0,8}$/);
  const runner = fc.constantFrom('mocha', 'jest', 'vitest run', 'ava', 'tap', 'pytest', 'go test');

  test('what only starts a runner changes nothing', () => {
    const wrapper = fc.constantFrom('npx', 'c8', 'nyc', 'cross-env', 'time', 'yarn', 'pnpm exec', 'env');
    fc.assert(
      fc.property(
        fc.array(wrapper, { maxLength: 3 }),
        runner,
        fc.array(word, { maxLength: 3 }),
        (around, name, words) => {
          const plain = [name, ...words].join(' ');
          expect(plansOf([...around, plain].join(' '))).toEqual(plansOf(plain));
        },
      ),
    );
  });

  test('whatever is given, files never begin with a dash and nothing throws', () => {
    const anything = fc.oneof(
      word,
      fc.constantFrom('-c', '-r', '--', '--coverage', '-R', '--cov', '-m', 'A=b'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('mocha', 'node', 'python', 'go', 'cargo', 'npx'),
        fc.array(anything),
        (name, words) => {
          const plan = recognise({ words: [name, ...words], env: {} }, '.', 'here');
          if (plan?.runner !== 'unittest')
            expect(plan?.files.some((file) => file.startsWith('-') && file !== '-') ?? false).toBe(false);
        },
      ),
    );
  });
});
