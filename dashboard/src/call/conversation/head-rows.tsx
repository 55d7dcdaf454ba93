/** What stands before the turns, each in one line that opens: the system prompt, the tools, the settings, the past. */
import type { ViewTool } from '../../api/shapes.ts';
import { whole } from '../../format/numbers.ts';
import { Code } from '../markdown.tsx';
import { visibleText } from '../text/marks.ts';
import { PlainText } from '../text/plain-text.tsx';
import { KeptFold } from './context.tsx';
import { Part } from './part.tsx';
import { type Row, toolKey } from './rows.ts';
import { Share } from './share.tsx';

type RowOf<Kind extends Row['kind']> = Extract<Row, { kind: Kind }>;

const FRAME = 'pr-4 pl-4';

export function SystemRow({ row }: { row: RowOf<'system'> }) {
  const tokens = row.turns.every((turn) => turn.tokens !== null)
    ? row.turns.reduce((sum, turn) => sum + (turn.tokens ?? 0), 0)
    : null;
  return (
    <div className={FRAME}>
      <KeptFold
        id="system"
        label={
          <>
            <span>system prompt</span>
            <Share tokens={tokens} />
          </>
        }
      >
        <div className="flex flex-col gap-3">
          {row.turns.flatMap((turn) =>
            turn.blocks.map((block) =>
              block.kind === 'tool' ? null : (
                <Part key={block.key} id={block.key} part={block.part} place={block.place} role={turn.role} />
              ),
            ),
          )}
        </div>
      </KeptFold>
    </div>
  );
}

export function ToolsRow({ row: { tools } }: { row: RowOf<'tools'> }) {
  const tokens = tools.every((tool) => tool.tokens !== null)
    ? tools.reduce((sum, tool) => sum + (tool.tokens ?? 0), 0)
    : null;
  return (
    <div className={FRAME}>
      <KeptFold
        id="tools"
        label={
          <>
            <span>
              {whole(tools.length)} {tools.length === 1 ? 'tool' : 'tools'}
            </span>
            <Share tokens={tokens} />
          </>
        }
      >
        {tools.map((tool, index) => (
          <ToolDefinition key={toolKey(index)} id={toolKey(index)} tool={tool} />
        ))}
      </KeptFold>
    </div>
  );
}

function ToolDefinition({ id, tool }: { id: string; tool: ViewTool }) {
  const name = <span className="shrink-0 font-mono text-sm text-text">{visibleText(tool.name)}</span>;
  if (tool.hosted) {
    return <p className="flex min-h-7 items-center gap-2 pl-5 text-muted">{name} run by the provider</p>;
  }
  return (
    <KeptFold
      id={id}
      label={
        <>
          {name}
          <bdi className="min-w-0 flex-1 truncate text-sm">{visibleText(firstLine(tool.description ?? ''))}</bdi>
          <Share tokens={tool.tokens} isOfAnswer />
        </>
      }
    >
      <div className="flex flex-col gap-2">
        {tool.description !== null && <PlainText text={tool.description} />}
        {tool.parameters !== null && <Code text={JSON.stringify(tool.parameters, null, 2)} language="json" />}
      </div>
    </KeptFold>
  );
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]?.slice(0, 200) ?? '';
}

/** The short ones in the line itself. */
export function SettingsRow({ row: { settings } }: { row: RowOf<'settings'> }) {
  const short = Object.entries(settings)
    .filter(([name, value]) => name !== 'model' && typeof value !== 'object')
    .map(([name, value]) => `${name} ${typeof value === 'number' ? grouped(value) : String(value as string | boolean)}`)
    .filter((words) => words.length <= 60);
  return (
    <div className={FRAME}>
      <KeptFold
        id="settings"
        label={
          <>
            <span className="shrink-0">parameters</span>
            <bdi className="min-w-0 truncate text-sm">{visibleText(short.join(' · '))}</bdi>
          </>
        }
      >
        <Code text={JSON.stringify(settings, null, 2)} language="json" />
      </KeptFold>
    </div>
  );
}

/** As it was sent, but for thousands apart. */
function grouped(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 10_000 ? whole(value) : String(value);
}

const PAST_WORDS = { unchanged: ', unchanged', first_seen: ', first seen in this call' };

interface PastProps {
  row: RowOf<'past'>;
  isDue: boolean;
  onToggle: (open: boolean) => void;
}

export function PastRow({ row, isDue, onToggle }: PastProps) {
  const words = `${whole(row.count)} earlier ${row.count === 1 ? 'message' : 'messages'}`;
  return (
    <div className={`${FRAME} border-b border-line`}>
      <button
        type="button"
        aria-expanded={row.isOpen}
        onClick={() => onToggle(!row.isOpen)}
        className="flex min-h-7 w-full items-center gap-2 text-muted hover:text-text"
      >
        <span
          aria-hidden="true"
          className={`w-3 shrink-0 text-sm transition-transform duration-120 ${row.isOpen ? 'rotate-90' : ''}`}
        >
          ▸
        </span>
        {words}
        {row.is === null ? '' : PAST_WORDS[row.is]}
        {isDue ? <span className="text-sm">loading …</span> : <Share tokens={row.tokens} />}
      </button>
    </div>
  );
}
