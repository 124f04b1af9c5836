// A reporter for tape, loaded before the test files: a line of JSON for each test, and one at the end, in KINO_REPORT.
const { appendFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const target = process.env.KINO_REPORT;
const write = (value) => appendFileSync(target, `${JSON.stringify(value)}\n`);
const tape = createRequire(join(process.cwd(), 'package.json'))('tape');

const tests = new Map();
const done = (id) => {
  const test = tests.get(id);
  if (!test || test.told) return;
  test.told = true;
  const outcome = test.failed !== undefined ? 'failed' : test.skipped ? 'skipped' : 'passed';
  write({
    type: 'case',
    file: '',
    name: test.name,
    outcome,
    ...(test.failed !== undefined && { message: test.failed }),
  });
};

tape.createStream({ objectMode: true }).on('data', (row) => {
  if (row.type === 'test') {
    const around = tests.get(row.parent)?.name;
    tests.set(row.id, {
      name: around === undefined ? row.name : `${around} > ${row.name}`,
      skipped: row.skip === true,
    });
  } else if (row.type === 'assert') {
    const test = tests.get(row.test);
    if (test && !row.ok && !row.skip && !row.todo)
      test.failed ??=
        `${row.name}: ${JSON.stringify({ operator: row.operator, expected: row.expected, actual: row.actual })}`.slice(
          0,
          8000,
        );
  } else if (row.type === 'end') done(row.test);
});
process.on('exit', (code) => {
  for (const id of tests.keys()) done(id);
  // 0 and 1 are how tape ends; anything else broke it.
  if ((code === 0 || code === 1) && tests.size > 0) write({ type: 'end' });
});
