/** All that differs between two calls, in the order in which a provider reads them. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { Conversation } from '../../api/shapes.ts';
import { whole } from '../../format/numbers.ts';
import type { Head } from '../head.ts';
import { LongText } from '../text/long-text.tsx';
import { visibleText } from '../text/marks.ts';
import { type Difference, differencesOf, type Entry, firstBreak, headerEntries, isSame, verdict } from './compare.ts';
import { TextDiff } from './text-diff-view.tsx';

type Row =
  | { kind: 'verdict'; key: string; text: string }
  | { kind: 'title'; key: string; difference: Difference }
  | { kind: 'entry'; key: string; entry: Entry; isFirst: boolean };

interface DifferencesProps {
  before: Conversation;
  after: Conversation;
  /** Headers of both requests; null = not known. */
  heads: readonly [Head['headers'] | null, Head['headers'] | null];
}

export function Differences({ before, after, heads: [oldHead, newHead] }: DifferencesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => {
    const differences = differencesOf(before, after);
    if (oldHead !== null && newHead !== null)
      differences.push({ title: 'Request headers', entries: headerEntries(oldHead, newHead) });
    return rowsOf(differences);
  }, [before, after, oldHead, newHead]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'entry' ? 80 : 32),
    getItemKey: (index) => (rows[index] as Row).key,
    overscan: 4,
  });
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Differences"
      className="min-h-0 flex-1 overflow-auto py-2"
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            className="absolute top-0 left-0 w-full px-4"
            style={{ transform: `translateY(${start}px)` }}
          >
            <RowView row={rows[index] as Row} />
          </div>
        ))}
      </div>
    </div>
  );
}

function rowsOf(differences: readonly Difference[]): Row[] {
  const rows: Row[] = [{ kind: 'verdict', key: 'verdict', text: verdict(differences) }];
  const first = differences.find((difference) => firstBreak(difference) !== null);
  for (const difference of differences) {
    const { title, entries } = difference;
    if (entries.length === 0) continue;
    const at = difference === first ? firstBreak(difference) : null;
    rows.push({ kind: 'title', key: title, difference });
    rows.push(
      ...entries.map((entry, index) => ({
        kind: 'entry' as const,
        key: `${title}.${index}`,
        entry,
        isFirst: index === at,
      })),
    );
  }
  return rows;
}

function RowView({ row }: { row: Row }) {
  switch (row.kind) {
    case 'verdict':
      return <p className="py-1">{row.text}</p>;
    case 'title':
      return (
        <h3 className="flex items-baseline gap-2 pt-3 pb-1 font-semibold">
          {row.difference.title}
          {isSame(row.difference) && <span className="text-sm font-normal text-muted">the same</span>}
        </h3>
      );
    case 'entry':
      return <EntryView entry={row.entry} isFirst={row.isFirst} />;
  }
}

const SIGNS = {
  removed: { sign: '−', word: 'only there', look: 'border-bad' },
  added: { sign: '+', word: 'only here', look: 'border-ok' },
  changed: { sign: '~', word: 'changed', look: 'border-warn' },
} as const;

function EntryView({ entry, isFirst }: { entry: Entry; isFirst: boolean }) {
  if (entry.kind === 'same') {
    return (
      <p className="py-0.5 text-muted">
        {whole(entry.count)} {entry.what}, the same
      </p>
    );
  }
  const { sign, word, look } = SIGNS[entry.kind];
  return (
    <div className={`my-1 border-l-2 py-0.5 pl-3 ${look}`}>
      <p className="flex items-baseline gap-2 text-sm">
        <span aria-hidden="true" className="w-2 text-center">
          {sign}
        </span>
        <bdi className="min-w-0 break-words">{visibleText(entry.what)}</bdi>
        <span className="text-muted">{word}</span>
        {isFirst && <span className="text-warn">the first difference: a cache can be read up to here</span>}
      </p>
      {entry.kind === 'changed' ? (
        <TextDiff before={entry.before} after={entry.after} />
      ) : (
        <LongText text={entry.text} chars={entry.text.length} look="mono" first={1500} />
      )}
    </div>
  );
}
