const ONE_KEYSTROKE_MS = 300;
let interrupted = false;

/** Whether the person has stopped the work: whatever fails then, fails because of that. */
export function wasInterrupted(): boolean {
  return interrupted;
}

/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that the work can end cleanly. The second one leaves.
 */
export function untilInterrupted(): AbortSignal {
  let first = 0;
  const controller = new AbortController();
  const stop = () => {
    // One Ctrl-C can come twice: from the terminal, and passed on by who started this process.
    if (controller.signal.aborted && performance.now() - first < ONE_KEYSTROKE_MS) return;
    if (controller.signal.aborted) process.exit(130);
    first = performance.now();
    interrupted = true;
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
