// A reporter for Node's test runner (Node 20 and newer): a line of JSON for each test, and one at the end.
const line = (value) => `${JSON.stringify(value)}\n`;

const messageOf = (error) => {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause?.message ?? cause ?? '');
};

/** A file that breaks before its tests are done is reported as a test of its own, by its path. */
const isFile = ({ name, file, nesting }) =>
  nesting === 0 && file !== undefined && (name === file || file.endsWith(`/${name}`));

export default async function* report(source) {
  const names = new Map();
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      const around = names.get(data.file) ?? [];
      around[data.nesting] = data.name;
      names.set(data.file, around);
      if (!isFile(data))
        yield line({
          type: 'start',
          file: data.file ?? '',
          name: around.slice(0, data.nesting + 1).join(' > '),
        });
    } else if (type === 'test:pass' || type === 'test:fail') {
      const around = (names.get(data.file) ?? []).slice(0, data.nesting);
      const error = data.details?.error;
      if (isFile(data)) {
        if (type === 'test:fail')
          yield line({ type: 'load-error', file: data.file, message: messageOf(error) });
        continue;
      }
      // A suite fails with its tests; it counts by itself only where none of them did.
      if (
        data.details?.type === 'suite' &&
        (type === 'test:pass' || error?.failureType === 'subtestsFailed')
      ) {
        yield line({ type: 'over', file: data.file ?? '', name: [...around, data.name].join(' > ') });
        continue;
      }
      // One without a body passes, and one that fails is forgiven.
      const excused = data.skip !== undefined || data.todo !== undefined;
      yield line({
        type: 'case',
        file: data.file ?? '',
        name: [...around, data.name].join(' > '),
        outcome: excused ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
        ...(type === 'test:fail' && { message: messageOf(error) }),
      });
    }
  }
  yield line({ type: 'end' });
}
