import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { whole } from '../../format/numbers.ts';
import { Marked } from './plain-text.tsx';

const LINE_PX = 18;
/** Longer lines are broken: a browser that lays out a line of a megabyte stands still. */
const LONGEST = 2000;

/** A text of any length, of which only the lines in sight are made. Lines are not wrapped. */
export function VirtualLines({ text, label }: { text: string; label: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(text), [text]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  return (
    <div
      ref={scroller}
      role="region"
      aria-label={`${label}, ${whole(lines.length)} lines`}
      tabIndex={0}
      className="h-96 overflow-auto rounded-chip border border-line bg-bg font-mono text-sm"
    >
      <div className="relative min-w-fit" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            dir="auto"
            className="absolute left-0 px-2 whitespace-pre"
            style={{ transform: `translateY(${start}px)`, height: LINE_PX }}
          >
            <Marked text={lines[index] ?? ''} />
          </div>
        ))}
      </div>
    </div>
  );
}

export function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.length <= LONGEST) lines.push(line);
    else for (let at = 0; at < line.length; at += LONGEST) lines.push(line.slice(at, at + LONGEST));
  }
  return lines;
}
