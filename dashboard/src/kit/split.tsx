import { type ReactNode, useRef, useState } from 'react';
import { keep, kept } from '../url/kept.ts';

const KEY = 'llm-proxy.panel-share';
const LEAST = 25;
const MOST = 75;

function within(share: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, share)));
}

/**
 * A list and, when something is open, its detail beside it; on a phone the detail takes the page, and so it does where
 * something in it bears `data-full`.
 */
export function Split({ list, detail }: { list: ReactNode; detail: ReactNode | null }) {
  const [share, setShare] = useState(() => within(Number(kept(KEY)) || 55));
  const frame = useRef<HTMLDivElement>(null);
  const set = (value: number): void => {
    const next = within(value);
    setShare(next);
    keep(KEY, String(next));
  };
  const drag = (event: React.PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || frame.current === null) return;
    const { right, width } = frame.current.getBoundingClientRect();
    set((100 * (right - event.clientX)) / width);
  };
  return (
    <div ref={frame} className="group/split flex min-h-0 flex-1">
      <div
        className={`min-w-0 flex-1 flex-col group-has-data-full/split:hidden ${detail === null ? 'flex' : 'hidden md:flex'}`}
      >
        {list}
      </div>
      {detail !== null && (
        <>
          <div
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the detail"
            aria-valuenow={share}
            aria-valuemin={LEAST}
            aria-valuemax={MOST}
            tabIndex={0}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
              event.preventDefault();
              event.stopPropagation();
              set(share + (event.key === 'ArrowLeft' ? 2 : -2));
            }}
            className="hidden w-1 cursor-col-resize touch-none bg-line group-has-data-full/split:hidden hover:bg-accent md:block"
          />
          <section
            aria-label="Detail"
            style={{ '--share': `${share}%` } as React.CSSProperties}
            className="flex min-w-0 flex-1 flex-col bg-surface group-has-data-full/split:w-full md:w-(--share) md:flex-none"
          >
            {detail}
          </section>
        </>
      )}
    </div>
  );
}
