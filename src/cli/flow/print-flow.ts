import {
  type Artifact,
  type Comment,
  type FlowStand,
  latestOf,
  openQuestions,
  type Taken,
} from '../../flow/index.ts';
import { bar, dollars, paint, plain, print, seconds } from '../output.ts';

/** A flow as it is printed, whichever machine it is on. */
export interface FlowView {
  id: string;
  title: string;
  workflow: string;
  policy: string;
  state: FlowStand['state'];
  /** The phase that it stands at; null where all are done. */
  phase: string | null;
  workspace: string | null;
  /** The work is done in another folder than the repository's. */
  isApart: boolean;
  ended?: { status: string; reason: string };
  phases: PhaseView[];
}

export interface PhaseView {
  phase: string;
  approved: boolean;
  thread: string | null;
  runs: number;
  taken?: Taken;
  artifacts: Artifact[];
}

/** What `--json` prints of a flow: its artifacts without their texts. */
export function flowJson({ isApart: _, phases, ...view }: FlowView) {
  return {
    ...view,
    phases: phases.map(({ artifacts, ...phase }) => ({
      ...phase,
      artifacts: artifacts.map(({ name, kind, title, versions, comments }) => ({
        ...{ name, kind, title, version: versions.length },
        comments: comments.map(({ id, status, text }) => ({ id, status, text })),
      })),
    })),
  };
}

/** @param command what decides on it: `kino flow` */
export function printFlow(view: FlowView, command: string): void {
  const { id, title, workflow, policy, phases } = view;
  print(`${paint('bold', plain(title))} ${paint('dim', plain(`${workflow} · ${policy} · ${id}`))}`);
  const width = Math.max(...phases.map(({ phase }) => phase.length));
  for (const one of phases) {
    const made = one.artifacts.map((artifact) => madeLine(artifact)).join('; ');
    const facts = one.taken ? takenWords(one.taken) : ' '.repeat(FACTS);
    print(
      `  ${signOf(one, view)} ${plain(one.phase).padEnd(width)}  ${paint('dim', facts)}  ${made}`.trimEnd(),
    );
  }
  print(nextSteps(view, command));
}

/** As wide as `takenWords` is. */
const FACTS = 40;
const METER = 8;

function takenWords({ steps, costUsd, durationMs, context }: Taken): string {
  const share = context ? Math.min(1, context.used / context.window) : 0;
  const meter = `${bar(share, METER).padEnd(METER)} ${`${Math.round(share * 100)} %`.padStart(5)}`;
  return [
    `${steps} steps`.padStart(9),
    dollars(costUsd).padStart(7),
    seconds(durationMs / 1000).padStart(7),
    context ? meter : '',
  ]
    .join(' ')
    .padEnd(FACTS);
}

function signOf({ phase, approved }: PhaseView, { state, phase: current }: FlowView): string {
  if (approved) return paint('green', '✓');
  if (phase !== current) return paint('dim', '·');
  return state === 'needs-you'
    ? paint('yellow', '?')
    : state === 'stopped'
      ? paint('red', '✗')
      : paint('cyan', '▸');
}

function madeLine({ name, versions, comments }: Artifact): string {
  const count = (wanted: Comment['status']) => comments.filter(({ status: is }) => is === wanted).length;
  const said = (['draft', 'open', 'stale', 'addressed'] as const)
    .filter((one) => count(one) > 0)
    .map((one) => `${count(one)} ${one}`);
  const version = versions.length > 1 ? ` v${versions.length}` : '';
  return `${plain(name)}${version}${said.length > 0 ? paint('dim', ` (comments: ${said.join(', ')})`) : ''}`;
}

function nextSteps(
  { id: whole, state, phase, phases, ended, workspace, isApart }: FlowView,
  command: string,
): string {
  const id = plain(whole).slice(-6);
  const name = plain(phase ?? '');
  const where = isApart && workspace !== null ? `\nIts files are in ${plain(workspace)}` : '';
  switch (state) {
    case 'done':
      return `${paint('green', 'All phases are approved.')}${where}`;
    case 'needs-you': {
      const artifacts = phases.find((one) => one.phase === phase)?.artifacts ?? [];
      const questions = artifacts.flatMap((one) => openQuestions(latestOf(one).text ?? '')).length;
      const asked = questions > 0 ? `, ${questions} open ${questions === 1 ? 'question' : 'questions'}` : '';
      return `${paint('yellow', `${name} waits for you${asked}`)}: ${command} show · comment · approve ${id} · send-back · discard ${id}`;
    }
    case 'working':
      return `${paint('cyan', `${name} is worked on`)}: ${command} show · comment · send`;
    case 'stopped':
      return `${paint('red', `${name} stopped`)}${ended ? `: ${plain(ended.reason)}` : ''} · ${command} resume ${id} · discard ${id}`;
    case 'waiting':
      return `${name} is not begun: ${command} resume ${id}`;
  }
}
