import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseToolchain, installedToolchains, type Toolchain, type ToolchainKind } from './toolchains.ts';

const installed = (kind: ToolchainKind, ...versions: string[]): Toolchain[] =>
  versions.map((version) => ({ kind, program: `/${version}`, version }));
const NODES = installed('node', '18.20.0', '20.11.1', '22.3.0', '24.1.0');
const PYTHONS = installed('python', '3.8.18', '3.10.13', '3.12.1', '3.13.0');
const at = (day: string) => Date.parse(day) / 1000;

test.each<[ToolchainKind, range: string | undefined, day: string, chosen: string, noted?: boolean]>([
  ['node', undefined, '2024-01-01', '20.11.1'],
  ['node', undefined, '2026-01-01', '24.1.0'],
  ['node', undefined, '2015-01-01', '18.20.0'],
  ['node', undefined, '2025-05-01', '22.3.0'],
  ['node', '>=18', '2024-01-01', '20.11.1'],
  ['node', '18', '2026-01-01', '18.20.0'],
  ['node', '^18 || ^20', '2026-01-01', '20.11.1'],
  ['node', '>=22', '2023-01-01', '22.3.0'],
  ['node', '18.20.0', '2026-01-01', '18.20.0'],
  ['node', '14', '2021-01-01', '18.20.0', true],
  ['node', 'lts/*', '2026-01-01', '24.1.0'],
  ['node', ' ', '2026-01-01', '24.1.0'],
  ['python', undefined, '2021-01-01', '3.8.18'],
  ['python', '>=3.8', '2024-06-01', '3.12.1'],
  ['python', '>=3.8,<3.12', '2025-12-01', '3.10.13'],
  ['python', '~=3.8', '2024-06-01', '3.12.1'],
  ['python', '~=3.10.0', '2025-12-01', '3.10.13'],
  ['python', '==3.8.*', '2025-12-01', '3.8.18'],
  ['python', '>=3.6, !=3.9.*', '2022-06-01', '3.10.13'],
  ['python', '3.12', '2025-12-01', '3.12.1'],
  ['python', '<3', '2012-01-01', '3.8.18', true],
])('%s %s of %s is %s', (kind, range, day, chosen, noted = false) => {
  const choice = chooseToolchain(kind === 'node' ? NODES : PYTHONS, range, at(day))!;
  expect(choice.toolchain.version).toBe(chosen);
  expect(choice.note !== undefined).toBe(noted);
});

test('nothing is chosen only where nothing is installed, and what fits comes before what does not', () => {
  expect(chooseToolchain([], '>=18', 0)).toBeUndefined();
  const range = fc.constantFrom('18', '20', '>=20', '^22 || 18', '<24', '16', 'x', undefined);
  fc.assert(
    fc.property(
      fc.subarray(NODES, { minLength: 1 }),
      range,
      fc.integer({ min: 0, max: 2_000_000_000 }),
      (some, wanted, time) => {
        const { toolchain, note } = chooseToolchain(some, wanted, time)!;
        expect(some).toContain(toolchain);
        // Alone it would be chosen the same way.
        expect(chooseToolchain([toolchain], wanted, time)?.note === undefined).toBe(note === undefined);
      },
    ),
  );
});

test('the interpreter that runs this is found, by its real path', async () => {
  const nodes = await installedToolchains('node');
  expect(nodes.map(({ version }) => version)).toContain(process.versions.node);
});
