import { createHash } from 'node:crypto';
import { type Command, Option } from 'commander';
import {
  type Agent,
  type AgentBudget,
  createAgent,
  externalAgents,
  isKnownAgent,
  UnknownAgentError,
} from '../../agent/index.ts';
import { type Config, kinoHome, loadConfig, version } from '../../config/index.ts';
import { findEnvironment, readTasks, type Task } from '../../environment/index.ts';
import { type Experiment, type Plan, runExperiment } from '../../eval/index.ts';
import { resolveModel } from '../../model/index.ts';
import {
  bubblewrapProblem,
  SANDBOXES,
  type SandboxName,
  SandboxUnavailableError,
} from '../../sandbox/index.ts';
import { UsageError } from '../exit.ts';
import { printExperiment, toReport } from '../experiment-report.ts';
import { untilInterrupted } from '../interrupt.ts';
import { collect, httpUrl, positiveInteger, positiveNumber } from '../options.ts';
import { fraction, plain, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { openStore } from '../store.ts';

export interface EvalFlags {
  agent: string[];
  model?: string[];
  baseUrl?: string;
  limit?: number;
  attempts: number;
  jobs: number;
  sandbox?: SandboxName;
  maxSteps?: number;
  maxSeconds?: number;
  maxUsd?: number;
  retryUnscored?: boolean;
  new?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<environment...>', 'files of tasks, or names of environments in .kino/environments')
    .requiredOption(
      '-a, --agent <name>',
      'who tries: nop, oracle, finder, kino; repeat it for several',
      collect,
    )
    .option('-m, --model <provider/model>', 'what the agent kino thinks with; repeat it for several', collect)
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .option('-n, --limit <n>', 'only so many tasks: a random sample, the same each time', positiveInteger)
    .option('--attempts <n>', 'how often each agent tries each task', positiveInteger, 1)
    .option('-j, --jobs <n>', 'rollouts at once', positiveInteger, 2)
    .addOption(
      new Option('--sandbox <name>', 'what commands may do (default: workspace-write)').choices(SANDBOXES),
    )
    .option('--max-steps <n>', 'answers of the model in one rollout (default: 50)', positiveInteger)
    .option('--max-seconds <n>', 'time of one rollout (default: 900)', positiveNumber)
    .option('--max-usd <n>', "cost of one rollout; needs the model's price", positiveNumber)
    .option('--retry-unscored', 'try again only what infrastructure broke')
    .option('--new', 'start anew, even where the same experiment was interrupted')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nAn interrupted experiment goes on when the same command is run again.\nExample: kino eval localize --agent finder --agent kino --model ollama/qwen3 -n 20 --attempts 2 -j 4',
    )
    .action(evaluate);
}

async function evaluate(environments: string[], flags: EvalFlags): Promise<void> {
  const signal = untilInterrupted();
  const tasks: Task[] = [];
  for (const environment of environments) {
    tasks.push(...(await readTasks(await findEnvironment(environment, process.cwd()))));
  }
  const once = [...new Map(tasks.map((task) => [task.id, task])).values()];
  await runEvaluation(once, environments.join(' '), flags, signal);
}

/** Plans, runs and reports one experiment. */
export async function runEvaluation(
  tasks: readonly Task[],
  environment: string,
  flags: EvalFlags,
  signal: AbortSignal,
): Promise<void> {
  const experiment = await evaluateTasks(tasks, environment, flags, signal);
  if (flags.json) printJson(toReport(experiment));
  else printExperiment(experiment);
  if (signal.aborted) {
    process.stderr.write('kino: Stopped; run the same command again to go on.\n');
    process.exitCode = 130;
  } else if (
    experiment.results.size > 0 &&
    [...experiment.results.values()].every((one) => one.reward === null)
  ) {
    process.exitCode = 1;
  }
}

/** Plans and runs one experiment; shows how far it is. */
export async function evaluateTasks(
  tasks: readonly Task[],
  environment: string,
  flags: EvalFlags,
  signal: AbortSignal,
): Promise<Experiment> {
  const config = await loadConfig();
  const agents = await createAgents(flags, config);
  const sandbox = flags.sandbox ?? config.sandbox ?? 'workspace-write';
  // An agent with tools meets the sandbox only inside a rollout; better to hear of a missing one before any is run.
  if (sandbox !== 'danger-full-access' && flags.agent.includes('kino')) {
    const problem = await bubblewrapProblem();
    if (problem !== undefined) throw new SandboxUnavailableError(problem);
  }
  const chosen = sample(tasks, flags.limit);
  const plan: Plan = {
    environment,
    tasks: chosen.map((task) => task.id),
    agents: [...agents].map(([label, agent]) => ({
      label,
      name: agent.name,
      ...(agent.model !== undefined && { model: agent.model }),
    })),
    attempts: flags.attempts,
    sandbox,
    budget: { ...budgetOf(flags, config) },
    ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
    kino: version(),
  };
  const store = openStore();
  const progress = flags.json ? undefined : new Progress();
  let total = 0;
  try {
    const experiment = await runExperiment({
      store,
      plan,
      tasks: chosen,
      agents,
      concurrency: flags.jobs,
      budget: budgetOf(flags, config),
      sandbox,
      ...(config.passEnv && { passEnv: config.passEnv }),
      ...(config.network?.allowedDomains && { allowHosts: config.network.allowedDomains }),
      home: kinoHome(),
      version: version(),
      signal,
      ...(flags.new && { fresh: true }),
      ...(flags.retryUnscored && { retryUnscored: true }),
      onStart: (start) => {
        total = start.total;
        if (start.done > 0)
          process.stderr.write(`going on with ${start.id}: ${start.done} of ${total} were done\n`);
      },
      onGiveUp: (agent, reason) => {
        progress?.clear();
        process.stderr.write(`kino: ${plain(`${agent} is left out for now: ${reason}`)}\n`);
      },
      onRollout: (result, done) =>
        progress?.update(
          `${done}/${total}  ${result.agent}  ${result.reward === null ? 'unscored' : fraction(result.reward)}`,
        ),
    });
    return experiment;
  } finally {
    progress?.clear();
    store.close();
  }
}

async function createAgents(flags: EvalFlags, config: Config): Promise<Map<string, Agent>> {
  const agents = new Map<string, Agent>();
  for (const name of new Set(flags.agent)) {
    if (!isKnownAgent(name)) throw new UnknownAgentError(name);
    if (name !== 'kino') {
      agents.set(name, await createAgent(name, undefined, {}, externalAgents(config)));
      continue;
    }
    const models = flags.model ?? (config.model === undefined ? [] : [config.model]);
    if (models.length === 0)
      throw new UsageError('The agent kino needs a model: say --model provider/model.');
    for (const modelName of new Set(models)) {
      const model = await resolveModel(modelName, {
        ...(config.providers && { providers: config.providers }),
        ...(config.prices && { prices: config.prices }),
        ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
      });
      agents.set(`kino ${modelName}`, await createAgent('kino', model));
    }
  }
  return agents;
}

const DEFAULT_BUDGET: AgentBudget = { steps: 50, seconds: 900 };

function budgetOf(flags: EvalFlags, config: Config): AgentBudget {
  return {
    ...DEFAULT_BUDGET,
    ...config.budget,
    ...(flags.maxSteps !== undefined && { steps: flags.maxSteps }),
    ...(flags.maxSeconds !== undefined && { seconds: flags.maxSeconds }),
    ...(flags.maxUsd !== undefined && { usd: flags.maxUsd }),
  };
}

/** The same tasks each time and from every machine: those whose ids hash lowest. */
export function sample(tasks: readonly Task[], limit: number | undefined): Task[] {
  if (limit === undefined || limit >= tasks.length) return [...tasks];
  const order = (task: Task) => createHash('sha256').update(task.id).digest('hex');
  return [...tasks].sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, limit);
}
