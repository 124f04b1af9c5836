import type { Command } from 'commander';
import { comparePaired, readExperiment } from '../../eval/index.ts';
import type { RolloutFinished, SqliteThreadStore } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { printComparison } from '../experiment-report.ts';
import { printJson } from '../output.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  command
    .argument('<a>', 'an experiment, as id or id:agent; latest is the newest one')
    .argument('<b>', 'another, or the same with another agent')
    .option('--json', 'print the comparison as JSON')
    .addHelpText(
      'after',
      '\nTasks that both sides have scored are compared pairwise. Agents of the same name are compared with each other.\nExample: kino compare latest:finder latest:nop',
    )
    .action(compare);
}

interface Side {
  id: string;
  /** Results by agent. */
  agents: Map<string, RolloutFinished[]>;
}

async function compare(a: string, b: string, flags: { json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const [left, right] = [await readSide(store, a), await readSide(store, b)];
    const comparisons = pairs(left, right).map(([x, y]) =>
      comparePaired(
        { label: `${x} of ${left.id}`, results: left.agents.get(x)! },
        { label: `${y} of ${right.id}`, results: right.agents.get(y)! },
      ),
    );
    if (flags.json) printJson(comparisons);
    else for (const comparison of comparisons) printComparison(comparison);
  } finally {
    store.close();
  }
}

async function readSide(store: SqliteThreadStore, name: string): Promise<Side> {
  const colon = name.indexOf(':');
  const part = colon === -1 ? name : name.slice(0, colon);
  const agent = colon === -1 ? undefined : name.slice(colon + 1);
  const id = part === 'latest' ? await newest(store) : await store.resolve(part);
  const { results, plan } = await readExperiment(store, id);
  const agents = new Map(plan.agents.map(({ label }): [string, RolloutFinished[]] => [label, []]));
  for (const result of results.values()) agents.get(result.agent)?.push(result);
  if (agent === undefined) return { id, agents };
  const own = agents.get(agent);
  if (!own) throw new UsageError(`${id} has no agent ${agent}; it has: ${[...agents.keys()].join(', ')}.`);
  return { id, agents: new Map([[agent, own]]) };
}

async function newest(store: SqliteThreadStore): Promise<string> {
  const [experiment] = await store.list({ kind: 'experiment', limit: 1 });
  if (!experiment) throw new UsageError('There is no experiment yet; `kino eval` makes one.');
  return experiment.id;
}

function pairs(left: Side, right: Side): [string, string][] {
  const [a, b] = [[...left.agents.keys()], [...right.agents.keys()]];
  if (a.length === 1 && b.length === 1) return [[a[0]!, b[0]!]];
  const shared = a.filter((agent) => b.includes(agent));
  if (left.id === right.id) throw new UsageError('Name the agents of the experiment: id:agent id:agent.');
  if (shared.length > 0) return shared.map((agent) => [agent, agent]);
  throw new UsageError(`No agent is in both (${a.join(', ')}; ${b.join(', ')}); name them as id:agent.`);
}
