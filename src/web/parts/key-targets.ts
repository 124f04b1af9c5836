/** What has been there for less long nobody has read. */
const SETTLED_MS = 500;
/** Keys that only look, or go from place to place. */
const HARMLESS = new Set(['j', 'k', 'w', '/', 'o']);

/** Which button each key is for, and since when it is that one. */
const targets = new Map<string, { button: Element; since: number }>();

function look(): void {
  const first = new Map<string, Element>();
  for (const button of document.querySelectorAll<HTMLElement>('button[data-key]:enabled')) {
    const key = button.dataset.key!;
    if (!first.has(key)) first.set(key, button);
  }
  for (const key of targets.keys()) if (!first.has(key)) targets.delete(key);
  for (const [key, button] of first)
    if (targets.get(key)?.button !== button) targets.set(key, { button, since: performance.now() });
}

/** Watches which buttons keys are for. @returns what ends it */
export function watchKeys(): () => void {
  look();
  const changes = new MutationObserver(look);
  changes.observe(document.body, {
    ...{ childList: true, subtree: true, attributes: true },
    attributeFilter: ['data-key', 'disabled'],
  });
  return () => changes.disconnect();
}

/** Whether a key was for a button long enough for the person to have seen for which. */
export function isSettled(key: string, button: Element): boolean {
  // Where the person has gone to a part by a key they know which it is, and what is decided on it is taken back as fast.
  if (HARMLESS.has(key) || button.hasAttribute('data-quick')) return true;
  look();
  const target = targets.get(key);
  return target?.button === button && performance.now() - target.since >= SETTLED_MS;
}
