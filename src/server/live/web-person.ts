import type { Inquiry, PermissionAnswer, PermissionRequest, Person } from '../../agent/index.ts';

/** The person at the manager: asked by events of the thread, answering by requests. */
export class WebPerson implements Person {
  readonly #permissions = new Map<string, (answer: PermissionAnswer | undefined) => void>();
  readonly #questions = new Map<string, (answer: string | undefined) => void>();

  permit({ request }: PermissionRequest, signal: AbortSignal): Promise<PermissionAnswer | undefined> {
    return this.#wait(this.#permissions, request, signal);
  }

  answer({ request }: Inquiry, signal: AbortSignal): Promise<string | undefined> {
    return this.#wait(this.#questions, request, signal);
  }

  /** @returns false where nothing of that id waits */
  decide(request: string, answer: PermissionAnswer): boolean {
    return settle(this.#permissions, request, answer);
  }

  /** @returns false where nothing of that id waits */
  reply(request: string, answer: string): boolean {
    return settle(this.#questions, request, answer);
  }

  #wait<T>(
    waiting: Map<string, (answer: T | undefined) => void>,
    request: string,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    return new Promise((resolve) => {
      const done = (answer: T | undefined) => {
        waiting.delete(request);
        signal.removeEventListener('abort', withdraw);
        resolve(answer);
      };
      const withdraw = () => done(undefined);
      waiting.set(request, done);
      if (signal.aborted) withdraw();
      else signal.addEventListener('abort', withdraw, { once: true });
    });
  }
}

function settle<T>(
  waiting: Map<string, (answer: T | undefined) => void>,
  request: string,
  answer: T,
): boolean {
  const done = waiting.get(request);
  done?.(answer);
  return done !== undefined;
}
