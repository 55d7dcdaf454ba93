/** The messages of a stream as they came, and what one of them says. */
import { useCallback, useMemo, useRef, useState } from 'react';
import { whole } from '../../format/numbers.ts';
import { CopyButton } from '../../kit/copy.tsx';
import { Found } from './found.tsx';
import { JsonTree } from './json-tree.tsx';
import { RawText } from './raw-text.tsx';
import { type Item, itemsOf, itemText, type StreamKind, timesOf } from './stream-items.ts';
import type { Chunk } from './use-body.ts';
import { type OnFound, useFind } from './use-find.ts';
import { type RowsHandle, VirtualRows } from './virtual-rows.tsx';

interface EventListProps {
  kind: StreamKind;
  bytes: Uint8Array;
  /** When its chunks came; empty = not known. */
  chunks: readonly Chunk[];
  query: string | null;
  onFound?: OnFound;
}

export const STREAM_NAMES: Record<StreamKind, string> = { sse: 'Events', ndjson: 'Lines', frames: 'Frames' };

/** Characters of a message that stand in its row. */
const PREVIEW = 400;

export function EventList({ kind, bytes, chunks, query, onFound }: EventListProps) {
  const items = useMemo(() => itemsOf(kind, bytes), [kind, bytes]);
  const times = useMemo(() => timesOf(items, chunks), [items, chunks]);
  const handle = useRef<RowsHandle>(null);
  const [active, setActive] = useState(0);
  const goTo = useCallback((index: number): void => {
    setActive(index);
    handle.current?.scrollTo(index);
  }, []);
  const places = useMemo(() => placesAmong(kind, bytes, items, query), [kind, bytes, items, query]);
  useFind({ places, query, goTo, onFound });
  const shown = items[active];
  return (
    <div className="flex min-h-0 flex-1 flex-col font-mono text-sm">
      <VirtualRows
        role="listbox"
        label={`${STREAM_NAMES[kind]} of the answer, ${whole(items.length)}`}
        count={items.length}
        rowHeight={22}
        active={active}
        onActive={setActive}
        handle={handle}
        row={(index) => (
          <Row
            kind={kind}
            bytes={bytes}
            item={items[index] as Item}
            at={times[index] ?? null}
            before={times[index - 1] ?? null}
            query={query}
          />
        )}
      />
      {shown !== undefined && <Detail kind={kind} bytes={bytes} item={shown} index={active} query={query} />}
    </div>
  );
}

interface RowProps {
  kind: StreamKind;
  bytes: Uint8Array;
  item: Item;
  at: number | null;
  before: number | null;
  query: string | null;
}

function Row({ kind, bytes, item, at, before, query }: RowProps) {
  const { name, data } = itemText(kind, bytes, item);
  return (
    <div className="flex h-full items-center gap-3 px-3 whitespace-pre">
      {at !== null && (
        <span className="w-16 shrink-0 text-right text-muted" title={since(at, before)}>
          {(at / 1000).toFixed(3)} s
        </span>
      )}
      {name !== null && (
        <bdi className="max-w-56 shrink-0 truncate text-info" title={name}>
          {name}
        </bdi>
      )}
      <bdi className="min-w-0 flex-1 truncate">
        <Found text={data.slice(0, PREVIEW)} query={query} />
      </bdi>
    </div>
  );
}

function since(at: number, before: number | null): string {
  const words = `${at.toFixed(1)} ms after the request began`;
  return before === null ? words : `${words}, ${(at - before).toFixed(1)} ms after the one before`;
}

function Detail({ kind, bytes, item, index, query }: Omit<RowProps, 'at' | 'before'> & { index: number }) {
  const { name, data } = itemText(kind, bytes, item);
  const isJson = /^\s*[[{"]/.test(data);
  const label = `${name ?? 'message'} ${index + 1}`;
  return (
    <section aria-label="The message that is chosen" className="flex h-2/5 shrink-0 flex-col border-t border-line">
      <div className="flex items-center gap-2 border-b border-line px-3 font-sans">
        <span className="mr-auto truncate text-muted">
          {whole(index + 1)} · <bdi className="font-mono">{name ?? 'no name'}</bdi> · {whole(item.end - item.start)}{' '}
          bytes
        </span>
        <CopyButton text={data} label="Copy message" />
      </div>
      {isJson ? (
        <JsonTree key={index} text={data} label={label} query={query} />
      ) : (
        <RawText key={index} text={data} label={label} query={query} />
      )}
    </section>
  );
}

function placesAmong(kind: StreamKind, bytes: Uint8Array, items: readonly Item[], query: string | null): number[] {
  if (query === null || query === '') return [];
  const words = query.toLowerCase();
  return items.flatMap((item, index) => {
    const { name, data } = itemText(kind, bytes, item);
    return `${name ?? ''}\n${data}`.toLowerCase().includes(words) ? [index] : [];
  });
}
