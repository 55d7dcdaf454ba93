import { useState } from 'react';
import { keep, kept } from '../url/kept.ts';

/** A choice that this browser remembers. */
export function useKept(key: string, otherwise: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const chosen = kept(key);
    return chosen === null ? otherwise : chosen === 'yes';
  });
  return [
    value,
    (next) => {
      keep(key, next ? 'yes' : 'no');
      setValue(next);
    },
  ];
}
