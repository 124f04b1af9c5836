import type { ReactNode } from 'react';

/** What went wrong, in one sentence; nothing where nothing did. */
export function Problem({ text }: { text: string }): ReactNode {
  return text === '' ? null : (
    <p role="alert" className="text-sm text-bad">
      {text}
    </p>
  );
}
