import { useMemo, useState } from 'react';
import { keep, kept } from '../url/kept.ts';
import { CALL_COLUMNS, columnsOf } from './columns.tsx';
import { defaultLayout, type Layout, layoutFrom } from './layout.ts';

const KEY = 'llm-proxy.call-columns';

/** The columns as they were chosen in this browser. */
export function useLayout() {
  const [layout, setLayout] = useState(() => layoutFrom(kept(KEY), CALL_COLUMNS));
  const columns = useMemo(() => columnsOf(layout), [layout]);
  const change = (next: Layout): void => {
    setLayout(next);
    const isPlain = JSON.stringify(next) === JSON.stringify(defaultLayout(CALL_COLUMNS));
    // The columns of a later version are shown to who has chosen none.
    keep(KEY, isPlain ? '' : JSON.stringify(next));
  };
  return { layout, columns, change };
}
