import type { Inquiry, PermissionAnswer, PermissionRequest, Person } from '../../agent/index.ts';

/** The person at the manager: asked by events of the thread, answering by requests. */
export class WebPerson implements Person {
  readonly #permissions = new Map<string, (answer: PermissionAnswer | undefined) => void>();
  readonly #questions = new Map<string, (answer: string | undefined) => void>();

  permit({ callId }: PermissionRequest, signal: AbortSignal): Promise<PermissionAnswer | undefined> {
    return this.#wait(this.#permissions, callId, signal);
  }

  answer({ callId }: Inquiry, signal: AbortSignal): Promise<string | undefined> {
    return this.#wait(this.#questions, callId, signal);
  }

  /** @returns false where nothing of that id waits */
  decide(callId: string, answer: PermissionAnswer): boolean {
    return settle(this.#permissions, callId, answer);
  }

  /** @returns false where nothing of that id waits */
  reply(callId: string, answer: string): boolean {
    return settle(this.#questions, callId, answer);
  }

  #wait<T>(
    waiting: Map<string, (answer: T | undefined) => void>,
    callId: string,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    return new Promise((resolve) => {
      const done = (answer: T | undefined) => {
        waiting.delete(callId);
        signal.removeEventListener('abort', withdraw);
        resolve(answer);
      };
      const withdraw = () => done(undefined);
      waiting.set(callId, done);
      if (signal.aborted) withdraw();
      else signal.addEventListener('abort', withdraw, { once: true });
    });
  }
}

function settle<T>(
  waiting: Map<string, (answer: T | undefined) => void>,
  callId: string,
  answer: T,
): boolean {
  const done = waiting.get(callId);
  done?.(answer);
  return done !== undefined;
}
