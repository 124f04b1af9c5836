/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that the work can end cleanly. The second one leaves.
 */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
