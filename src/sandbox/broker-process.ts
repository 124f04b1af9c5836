/** The small process from which commands are started; see `broker.ts`. */
import type { BrokerAnswer, BrokerRequest } from './broker.ts';
import { CommandNotStartedError } from './errors.ts';
import { runTree } from './spawn.ts';

const running = new Map<number, AbortController>();

function answer(message: BrokerAnswer): void {
  process.send?.(message, undefined, undefined, () => {});
}

process.on('message', async (request: BrokerRequest) => {
  if ('abort' in request) {
    running.get(request.id)?.abort();
    return;
  }
  const { id, plan, options } = request;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    answer({ id, result: await runTree(plan, { ...options, signal: controller.signal }) });
  } catch (error) {
    if (error instanceof CommandNotStartedError) {
      answer({ id, notStarted: { command: error.command, reason: error.reason } });
    } else answer({ id, failed: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
});

// Kino has ended, one way or another: what it started must not outlive it.
process.on('disconnect', () => {
  for (const controller of running.values()) controller.abort();
  process.exit();
});
answer({ ready: true });
