import { hostname } from 'node:os';
import { changingSteps, openSnapshots, takeBack } from '../agent/index.ts';
import { version } from '../config/index.ts';
import {
  type Anchor,
  type FlowPlanned,
  letGo,
  newId,
  type PhaseDecided,
  type ThreadStarted,
  type ThreadStore,
  takeUp,
} from '../thread/index.ts';
import { type Artifact, artifactsOf, latestOf } from './artifact/artifact.ts';
import { dropFile, groupOfFlow } from './artifact/files.ts';
import { openQuestions } from './artifact/questions.ts';
import { keepBeside, sentText } from './artifact/session.ts';
import { isApproved, needsPerson, type PhaseRun, type PhaseState, standingRun } from './flow.ts';
import { type PhaseFace, readIfAny, workOnPhase } from './phase.ts';
import { phasePrompt } from './phase-prompt.ts';
import { type FlowStand, standOf } from './stand.ts';
import type { Policy, Workflow } from './workflow.ts';

/** A flow does not stand where something could be done with it. */
export class FlowStateError extends Error {
  override name = 'FlowStateError';
}

export interface NewFlow {
  /** Of a thread that is not there yet. */
  id: string;
  workflow: Workflow;
  request: string;
  /** Default that of the workflow. */
  policy?: Policy;
  title: string;
  repository: string;
  workspace: string;
  /** The commit that the work starts from. */
  base?: string;
  /** Whose work it is. */
  person?: string;
  /** Who works on its phases where nobody says another. */
  by?: FlowPlanned['by'];
}

/** Flows of a store: begun, carried on from phase to phase, decided on. Everything about them is in threads. */
export class Flows {
  readonly #store: ThreadStore;

  constructor(store: ThreadStore) {
    this.#store = store;
  }

  /** Writes a flow down; its first phase is not begun yet. */
  async start({ id, workflow, request, by, policy = workflow.policy, ...about }: NewFlow): Promise<void> {
    const started: ThreadStarted = {
      ...{ type: 'thread.started', kind: 'flow', ...about },
      ...{ kino: version(), host: hostname(), pid: process.pid },
    };
    await this.#store.append(id, [
      started,
      { type: 'flow.planned', workflow, request, policy, ...(by && { by }) },
    ]);
  }

  /** @throws NotAFlowError @throws ThreadNotFoundError @throws WorkflowError */
  stand(id: string): Promise<FlowStand> {
    return standOf(this.#store, id);
  }

  /**
   * Works on a flow, phase after phase, until a person is needed, something goes wrong, or all is done.
   *
   * @param resume go on with a phase whose work was cut off, failed, or was sent back
   * @throws FlowStateError where somebody else works on it
   */
  async advance(id: string, face: PhaseFace, signal: AbortSignal, resume = false): Promise<FlowStand> {
    await this.#claim(id);
    let stand = await standOf(this.#store, id, { isClaimed: true });
    let mayResume = resume;
    let problem: string | undefined;
    try {
      while (!signal.aborted) {
        const { state, current, flow, artifacts } = stand;
        if (state === 'working')
          throw new FlowStateError(`Somebody works on the thread of ${current!.phase.name} already.`);
        if (state === 'done' || (state === 'stopped' && !mayResume)) break;
        if (state === 'needs-you') {
          const main = mainArtifact(current!, artifacts);
          const wants = main && latestOf(main).wantsReview;
          if (needsPerson(current!.phase, flow.policy, wants)) break;
          const by = flow.policy === 'agent-decides' && wants === false ? 'agent' : 'policy';
          await this.#decide(id, current!, { decision: 'approved', by, versions: versionsOf(artifacts) });
        } else await this.#work(stand, face, signal);
        mayResume = false;
        stand = await standOf(this.#store, id, { isClaimed: true });
      }
    } catch (error) {
      problem = (error as Error).message.split('\n', 1)[0];
      throw error;
    } finally {
      stand = await standOf(this.#store, id, { isClaimed: true });
      await this.#pause(stand, problem).catch((error: unknown) => {
        letGo(id);
        throw error;
      });
    }
    return stand;
  }

  /**
   * Approves what the current phase has made.
   *
   * @param anyway also where comments are not addressed
   * @throws FlowStateError
   */
  async approve(id: string, { note, anyway }: { note?: string; anyway?: boolean } = {}): Promise<void> {
    const { state, current, artifacts } = await this.stand(id);
    if (state !== 'needs-you') throw new FlowStateError(nothingToDecide(id, state, current));
    const refuse = (what: string) => {
      if (!anyway) throw new FlowStateError(`${what} Or approve it anyway.`);
    };
    const { name, makes } = current!.phase;
    if (makes !== undefined && !artifacts.some((artifact) => artifact.name === makes))
      refuse(`${name} has not made the ${makes} that the next phases start from: send it back.`);
    const unanswered = artifacts.flatMap(unansweredIn).length;
    if (unanswered > 0)
      refuse(`${unanswered} open ${unanswered === 1 ? 'question is' : 'questions are'} not answered.`);
    const open = openComments(artifacts);
    if (open > 0 && !anyway)
      throw new FlowStateError(
        `${open} of your comments on ${current!.phase.name} ${open === 1 ? 'is' : 'are'} not addressed; send ${open === 1 ? 'it' : 'them'} back, or approve it anyway.`,
      );
    const about = { decision: 'approved', by: 'person', versions: versionsOf(artifacts) } as const;
    await this.#decide(id, current!, { ...about, ...(note !== undefined && { note }) });
  }

  /**
   * Sends a phase back with the comments that are written and not sent, and those that come along. Phases after it that
   * were worked on begin afresh.
   *
   * @param phase default the current one
   * @throws FlowStateError where there is nothing to say, or the phase is not begun or worked on
   */
  async sendBack(id: string, note?: string, phase?: string): Promise<void> {
    const stand = await this.stand(id);
    const state = this.#phaseIn(stand, phase);
    const run = standingRun(state);
    if (!run) throw new FlowStateError(`${state.phase.name} of ${id} is not begun.`);
    if (stand.state === 'working')
      throw new FlowStateError(
        `${stand.current!.phase.name} of ${id} is worked on; send your comments instead, or stop it first.`,
      );
    const artifacts = artifactsOf(run.thread, await readIfAny(this.#store, run.thread));
    if (note !== undefined) {
      const main = mainArtifact(state, artifacts);
      if (main) await this.comment(main, { kind: 'whole' }, note);
    }
    const sent = await this.sendComments(run.thread);
    const unanswered = artifacts.some(({ comments }) =>
      comments.some(({ status, answers }) => status === 'open' && answers.length === 0),
    );
    if (sent === 0 && note === undefined && !unanswered)
      throw new FlowStateError(
        `There is nothing to send back to ${state.phase.name}: no comment and no note.`,
      );
    for (const later of stand.flow.phases.slice(stand.flow.phases.indexOf(state) + 1))
      if (standingRun(later)) {
        await this.#decide(id, later, {
          decision: 'discarded',
          by: 'person',
          versions: {},
          note: `${state.phase.name} was sent back`,
        });
        await this.#forget(id, later.phase.name);
      }
    const about = { decision: 'sent-back', by: 'person', versions: versionsOf(artifacts) } as const;
    await this.#decide(id, state, { ...about, ...(note !== undefined && { note }) });
  }

  /**
   * Throws away what the current phase has made, and takes back what it changed in the workspace. It begins afresh, and
   * nothing after it knows of it.
   *
   * @returns the files that were restored, and those that were changed since and kept
   * @throws FlowStateError
   */
  async discard(id: string, note?: string): Promise<{ restored: string[]; kept: string[] }> {
    const { state, current, flow } = await this.stand(id);
    const run = current && standingRun(current);
    if (!run || state === 'working') throw new FlowStateError(nothingToDecide(id, state, current));
    await this.#decide(id, current!, {
      ...{ decision: 'discarded', by: 'person', versions: {} },
      ...(note !== undefined && { note }),
    });
    const files = await this.#forget(id, current!.phase.name);
    const steps = changingSteps(await readIfAny(this.#store, run.thread));
    if (steps.length === 0 || flow.workspace === undefined) return files;
    const restored = await takeBack(await openSnapshots(flow.workspace, run.thread), steps);
    await this.#store.append(run.thread, [restored]);
    return {
      restored: [...files.restored, ...restored.restored],
      kept: [...files.kept, ...restored.kept.map(({ path }) => path)],
    };
  }

  /** Takes the files of what a phase made out of the workspace; what another phase made under the same name comes back. */
  async #forget(id: string, phase: string): Promise<{ restored: string[]; kept: string[] }> {
    const outcome = { restored: [] as string[], kept: [] as string[] };
    const { flow } = await this.stand(id);
    const root = flow.workspace;
    const { thread } = this.#phaseIn({ flow }, phase).runs.at(-1)!;
    if (root === undefined) return outcome;
    const group = groupOfFlow(flow);
    const artifacts = artifactsOf(thread, await readIfAny(this.#store, thread));
    const types = new Map(artifacts.map((artifact) => [artifact.name, latestOf(artifact).mediaType]));
    const names = new Set<string>();
    for (const { name, versions } of artifacts) {
      const dropped = await dropFile(root, group, versions, types);
      if (dropped) outcome[dropped.isGone ? 'restored' : 'kept'].push(dropped.path);
      // What somebody made of a file is theirs.
      if (!dropped || dropped.isGone) names.add(name);
    }
    for (const other of flow.phases) {
      const run = standingRun(other);
      if (!run) continue;
      for (const artifact of artifactsOf(run.thread, await readIfAny(this.#store, run.thread)))
        if (names.has(artifact.name))
          await keepBeside(this.#store, run.thread, root, group, latestOf(artifact));
    }
    return outcome;
  }

  /** Writes a comment down; the agent knows nothing of it until it is sent. @returns its id */
  async comment(
    artifact: Artifact,
    anchor: Anchor,
    text: string,
    version = latestOf(artifact).version,
  ): Promise<string> {
    const comment = `c${newId().slice(-8)}`;
    const about = { comment, artifact: artifact.name, version, anchor, text };
    await this.#store.append(artifact.thread, [{ type: 'comment.added', ...about }]);
    return comment;
  }

  /** Sends the comments of a thread that are written and not sent. @returns how many there were */
  async sendComments(thread: string): Promise<number> {
    const drafts = artifactsOf(thread, await this.#store.read(thread)).flatMap(({ comments }) =>
      comments.filter(({ status }) => status === 'draft').map(({ id }) => id),
    );
    if (drafts.length > 0) await this.#store.append(thread, [{ type: 'comments.sent', comments: drafts }]);
    return drafts.length;
  }

  #phaseIn({ flow, current }: Pick<FlowStand, 'flow' | 'current'>, name: string | undefined): PhaseState {
    if (name === undefined) {
      const last = current ?? flow.phases.at(-1)!;
      return last;
    }
    const found = flow.phases.find(({ phase }) => phase.name === name);
    if (found) return found;
    throw new FlowStateError(
      `${flow.id} has no phase ${name}; it has ${flow.phases.map(({ phase }) => phase.name).join(', ')}.`,
    );
  }

  async #decide(
    id: string,
    state: PhaseState,
    about: Omit<PhaseDecided, 'type' | 'phase' | 'run'>,
  ): Promise<void> {
    const { run } = standingRun(state)!;
    await this.#store.append(id, [{ type: 'phase.decided', phase: state.phase.name, run, ...about }]);
  }

  /** One process at a time: the thread says who works on the flow. @throws FlowStateError where somebody else does */
  async #claim(id: string): Promise<void> {
    const { state, current, lastSeq } = await this.stand(id);
    const busy = () =>
      new FlowStateError(`Somebody works on ${current?.phase.name ?? 'it'} of ${id} already.`);
    if (state === 'working') throw busy();
    const about = { kino: version(), host: hostname(), pid: process.pid };
    const isMine = await this.#store.appendAfter(id, lastSeq, [{ type: 'thread.resumed', ...about }]);
    if (!isMine) throw busy();
    takeUp(id);
  }

  /** @param problem why it could not go on, where something went wrong that no thread tells */
  async #pause({ flow, state, current, ended }: FlowStand, problem?: string): Promise<void> {
    const name = current?.phase.name;
    const reason = {
      done: 'All phases are approved.',
      'needs-you': `${name} waits for your approval.`,
      stopped: `${name} did not end well: ${ended?.reason ?? problem ?? 'it was cut off'}`,
      working: `${name} is worked on.`,
      waiting: problem === undefined ? `${name} is not begun.` : `${name} could not begin: ${problem}`,
    }[state];
    // Of an agent that did not get to its end the person is to hear.
    const isBad =
      (problem !== undefined && (state === 'stopped' || state === 'waiting')) ||
      (state === 'stopped' && (ended?.status === 'failed' || ended?.status === 'exhausted'));
    const status = state === 'done' ? 'done' : isBad ? 'failed' : 'interrupted';
    await this.#store.append(flow.id, [
      {
        ...{ type: 'thread.ended', status, reason, answer: '', steps: 0, usage: {}, durationMs: 0 },
        ...(state === 'needs-you' && { awaits: 'approval' }),
      },
    ]);
  }

  async #work(stand: FlowStand, face: PhaseFace, signal: AbortSignal): Promise<void> {
    const { flow, current } = stand;
    const { phase, runs } = current!;
    const again = stand.state === 'stopped' ? standingRun(current!) : undefined;
    const { run, thread } = again ?? { run: runs.length + 1, thread: newId() };
    const seen = again ? (await readIfAny(this.#store, thread)).length : 0;
    const prompt = again ? await this.#promptAgain(again) : phasePrompt(flow, phase, await this.#read(stand));
    if (!again)
      await this.#store.append(flow.id, [{ type: 'phase.started', phase: phase.name, run, thread }]);
    await workOnPhase(
      { store: this.#store, flow, phase, thread, seen, signal, ...(prompt !== undefined && { prompt }) },
      face,
    );
  }

  /** What an agent is told whose work goes on: what was said of it since it ended. */
  async #promptAgain({ thread, decided }: PhaseRun): Promise<string | undefined> {
    if (decided?.decision !== 'sent-back') return undefined;
    const events = await readIfAny(this.#store, thread);
    // Also what came too late for it to be heard before it ended.
    const ids = artifactsOf(thread, events).flatMap(({ comments }) =>
      comments.filter(({ status, answers }) => status === 'open' && answers.length === 0).map(({ id }) => id),
    );
    return sentText(thread, events, ids) ?? decided.note;
  }

  /** The approved artifacts that a phase starts from. */
  async #read({ flow, current }: FlowStand) {
    const read: { phase: string; artifact: Artifact; version: number }[] = [];
    for (const state of flow.phases) {
      const { name } = state.phase;
      if (!current!.phase.reads.includes(name) || !isApproved(state)) continue;
      const { thread, decided } = standingRun(state)!;
      const artifacts = artifactsOf(thread, await this.#store.read(thread));
      const artifact = mainArtifact(state, artifacts);
      if (artifact)
        read.push({
          phase: name,
          artifact,
          version: decided!.versions[artifact.name] ?? latestOf(artifact).version,
        });
    }
    return read;
  }
}

/** Of the artifacts of a phase the one that it was to make. */
export function mainArtifact({ phase }: PhaseState, artifacts: readonly Artifact[]): Artifact | undefined {
  return artifacts.find(({ name }) => name === phase.makes) ?? artifacts[0];
}

function versionsOf(artifacts: readonly Artifact[]): Record<string, number> {
  return Object.fromEntries(artifacts.map((artifact) => [artifact.name, latestOf(artifact).version]));
}

/** Questions of an artifact that the person has not answered. */
export function unansweredIn({ comments, ...artifact }: Artifact): string[] {
  const answered = new Set(
    comments.flatMap(({ anchor }) => (anchor.kind === 'question' ? [anchor.question] : [])),
  );
  return openQuestions(latestOf({ comments, ...artifact }).text ?? '')
    .map(({ id }) => id)
    .filter((id) => !answered.has(id));
}

/** Comments that wait for something: answers to questions are no such. */
function openComments(artifacts: readonly Artifact[]): number {
  return artifacts.flatMap(({ comments }) =>
    comments.filter(
      ({ status, anchor }) => anchor.kind !== 'question' && (status === 'draft' || status === 'open'),
    ),
  ).length;
}

function nothingToDecide(id: string, state: FlowStand['state'], current: PhaseState | undefined): string {
  if (state === 'done') return `All phases of ${id} are approved.`;
  const name = current!.phase.name;
  if (state === 'working') return `${name} of ${id} is worked on.`;
  if (state === 'waiting') return `${name} of ${id} is not begun; \`kino flow resume ${id}\` begins it.`;
  return `The work on ${name} of ${id} was cut off; \`kino flow resume ${id}\` goes on with it.`;
}
