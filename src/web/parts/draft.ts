import { useEffect, useState } from 'react';

/** Of a field what is written and not said yet: it is there again when one comes back, as long as the tab lives. */
export function useDraft(place: string): [text: string, setText: (text: string) => void] {
  const key = `kino-draft ${place}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  useEffect(() => {
    try {
      if (text === '') sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, text);
    } catch {
      // More than can be kept: it is in the field.
    }
  }, [key, text]);
  return [text, setText];
}
