// A reporter for Mocha: a line of JSON for each test, and one at the end, in the file KINO_REPORT.
const { appendFileSync } = require('node:fs');

const target = process.env.KINO_REPORT;
const write = (value) => appendFileSync(target, `${JSON.stringify(value)}\n`);

const placeOf = (test) => ({
  file: test.file ?? test.parent?.file ?? '',
  name: (test.titlePath?.() ?? [test.fullTitle()]).join(' > '),
});

module.exports = class Report {
  constructor(runner) {
    const tell = (test, outcome, error) =>
      write({
        type: 'case',
        ...placeOf(test),
        outcome,
        ...(error && { message: String(error.stack ?? error.message ?? error) }),
      });
    runner.on('test', (test) => write({ type: 'start', ...placeOf(test) }));
    runner.on('pass', (test) => tell(test, 'passed'));
    runner.on('fail', (test, error) => tell(test, 'failed', error));
    runner.on('pending', (test) => tell(test, 'skipped'));
    runner.on('end', () => write({ type: 'end' }));
  }
};
