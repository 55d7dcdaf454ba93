import { useCallback, useMemo, useRef, useState } from 'react';
import { whole } from '../../format/numbers.ts';
import { Found } from './found.tsx';
import { placesIn, wrapped } from './json-tree.ts';
import { useColumns } from './use-columns.ts';
import { type OnFound, useFind } from './use-find.ts';
import { type RowsHandle, VirtualRows } from './virtual-rows.tsx';

interface RawTextProps {
  text: string;
  label: string;
  query: string | null;
  onFound?: OnFound;
}

/** The text as it is stored, in lines as wide as the screen. */
export function RawText({ text, label, query, onFound }: RawTextProps) {
  const frame = useRef<HTMLDivElement>(null);
  const handle = useRef<RowsHandle>(null);
  const columns = useColumns(frame);
  const { lines, starts } = useMemo(() => {
    const starts: number[] = [];
    return { lines: wrapped(text, Math.max(20, columns - 10), starts), starts };
  }, [text, columns]);
  const [active, setActive] = useState(-1);
  const goTo = useCallback(
    (place: number): void => {
      const after = starts.findIndex((start) => start > place);
      const line = (after === -1 ? starts.length : after) - 1;
      setActive(line);
      handle.current?.scrollTo(line);
    },
    [starts],
  );
  const places = useMemo(() => placesIn(text, query ?? ''), [text, query]);
  useFind({ places, query, goTo, onFound });
  return (
    <div ref={frame} className="flex min-h-0 flex-1 flex-col font-mono text-sm">
      <VirtualRows
        role="listbox"
        label={`${label}, ${whole(lines.length)} lines`}
        count={lines.length}
        rowHeight={18}
        active={active}
        onActive={setActive}
        handle={handle}
        row={(index) => (
          <div className="flex gap-3 whitespace-pre">
            <span aria-hidden="true" className="w-14 shrink-0 text-right text-faint select-none">
              {index + 1}
            </span>
            <span dir="auto">
              <Found text={lines[index] ?? ''} query={query} />
            </span>
          </div>
        )}
      />
    </div>
  );
}
