import type { Sandbox } from '../sandbox/index.ts';
import { SeenFiles, Shell } from '../tool/index.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Hooks } from './hooks.ts';
import { Inbox } from './inbox.ts';
import { Gate } from './permission/gate.ts';
import type { Person } from './person.ts';

export interface SessionOptions {
  gate: Gate;
  person?: Person;
  checkpoints?: Checkpoints;
  hooks?: Hooks;
  /** The folder that what is remembered belongs to: the repository, also where the work is in a worktree of it. */
  project?: string;
}

/** What lasts from one prompt to the next while a thread is open in one process. Everything else is in the thread. */
export class Session {
  readonly gate: Gate;
  readonly person: Person | undefined;
  readonly checkpoints: Checkpoints | undefined;
  readonly hooks: Hooks | undefined;
  readonly project: string | undefined;
  readonly inbox = new Inbox();
  readonly seen = new SeenFiles();
  readonly shell = new Shell();

  constructor({ gate, person, checkpoints, hooks, project }: SessionOptions) {
    this.gate = gate;
    this.person = person;
    this.checkpoints = checkpoints;
    this.hooks = hooks;
    this.project = project;
  }

  /** For an agent that this one starts: the same permissions and person, a memory of its own, no undo of its own. */
  child(): Session {
    const { gate, person, hooks, project } = this;
    return new Session({
      gate,
      ...(person && { person }),
      ...(hooks && { hooks }),
      ...(project !== undefined && { project }),
    });
  }

  /** For work in a folder that is thrown away: nothing is asked, nothing need be undone. */
  static unattended(sandbox: Sandbox): Session {
    const { root, cwd } = sandbox;
    return new Session({
      gate: new Gate({ mode: 'bypass', rules: [], isContained: true, root, cwd }),
    });
  }
}
