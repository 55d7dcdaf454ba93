import { memo } from 'react';
import { visibleText } from '../text/marks.ts';
import { Part } from './part.tsx';
import { Tool } from './tool.tsx';
import { isErrorBlock, type Turn } from './turns.ts';

/** Tools whose call or result is short are open where they are new. Characters. */
const SMALL = 4000;

/** What one side said: who, in the margin, and what, in a column that can be read. */
export const TurnView = memo(function TurnView({ turn }: { turn: Turn }) {
  return (
    <div
      role="group"
      aria-label={`${turn.role}${turn.index === null ? ', answer' : ''}`}
      className={`border-l-2 py-1.5 pr-4 pl-3.5 @xl:grid @xl:grid-cols-[80px_minmax(0,1fr)] @xl:gap-3 ${turn.isNew === true ? 'border-accent' : 'border-transparent'}`}
    >
      <p className="flex items-baseline gap-1.5 text-sm text-muted @xl:flex-col @xl:gap-0">
        <span className={turn.index === null ? 'font-semibold text-text' : ''}>
          {turn.index === null ? 'answer' : turn.role}
        </span>
        {turn.name !== null && <bdi className="max-w-full truncate">{visibleText(turn.name)}</bdi>}
        {turn.place !== null && <span className="text-xs text-muted">#{turn.place + 1}</span>}
      </p>
      <div className="flex min-w-0 flex-col gap-1">
        {turn.blocks.map((block) =>
          block.kind === 'tool' ? (
            <div key={block.key} data-block={block.key}>
              <Tool block={block} open={isOpenByItself(turn, block)} />
            </div>
          ) : (
            <div key={block.key} data-block={block.key} className="flex flex-col">
              <Part id={block.key} part={block.part} place={block.place} role={turn.role} />
            </div>
          ),
        )}
        {turn.blocks.length === 0 && <p className="text-faint">(nothing)</p>}
      </div>
    </div>
  );
});

function isOpenByItself(turn: Turn, block: Turn['blocks'][number]): boolean {
  if (turn.isNew !== true || block.kind !== 'tool') return false;
  if (isErrorBlock(block)) return true;
  return (block.call?.part.chars ?? 0) + (block.result?.part.chars ?? 0) <= SMALL && turn.blocks.length <= 4;
}
