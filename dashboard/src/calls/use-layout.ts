import { useMemo, useState } from 'react';
import { CALL_COLUMNS, columnsOf } from './columns.tsx';
import { defaultLayout, keepLayout, type Layout, readLayout } from './layout.ts';

/** The columns as they were chosen in this browser. */
export function useLayout() {
  const [layout, setLayout] = useState(() => readLayout(CALL_COLUMNS));
  const columns = useMemo(() => columnsOf(layout), [layout]);
  const change = (next: Layout): void => {
    setLayout(next);
    const isPlain = JSON.stringify(next) === JSON.stringify(defaultLayout(CALL_COLUMNS));
    keepLayout(isPlain ? null : next);
  };
  return { layout, columns, change };
}
