import type { ReactNode } from 'react';
import { go } from '../route.ts';

/** A link within the manager. */
export function Link({
  to,
  children,
  ...more
}: {
  to: string;
  children: ReactNode;
  className?: string;
  title?: string;
  'aria-current'?: 'page';
}): ReactNode {
  return (
    <a
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
      {...more}
    >
      {children}
    </a>
  );
}
