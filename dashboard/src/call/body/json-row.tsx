import { memo } from 'react';
import { compact, whole } from '../../format/numbers.ts';
import { childrenOf, KIND, of, type Tape } from './json-tape.ts';
import { decoded, isOpenable, nameOf, valueText } from './json-tree.ts';
import { Found } from './found.tsx';

interface JsonRowProps {
  text: string;
  tape: Tape;
  node: number;
  /** A line of its text; null = the row of the value itself. */
  line: string | null;
  isOpen: boolean;
  query: string | null;
}

const INDENT_PX = 14;
const MOST_INDENT = 20;
/** Characters of a text that stand in its row. */
const PREVIEW = 240;
/** Characters from which on a size is told. */
const LARGE = 1000;

export const JsonRow = memo(function JsonRow(props: JsonRowProps) {
  const { text, tape, node, line, isOpen, query } = props;
  const depth = Math.min(of(tape.depth, node), MOST_INDENT);
  if (line !== null) {
    return (
      <div style={{ paddingLeft: INDENT_PX * (depth + 2) }} dir="auto" className="h-full whitespace-pre">
        <Found text={line} query={query} />
      </div>
    );
  }
  return (
    <div
      style={{ paddingLeft: INDENT_PX * (depth + 1) }}
      className="flex h-full items-center gap-1.5 pr-3 whitespace-pre"
    >
      <span aria-hidden="true" className={`w-3 shrink-0 text-xs text-faint ${isOpen ? 'rotate-90' : ''}`}>
        {isOpenable(text, tape, node) ? '▸' : ''}
      </span>
      <Name text={text} tape={tape} node={node} query={query} />
      <Value text={text} tape={tape} node={node} isOpen={isOpen} query={query} />
      {node > 0 && <Size characters={of(tape.end, node) - of(tape.start, node)} />}
    </div>
  );
});

/** Where there is much: large requests are large somewhere. */
function Size({ characters }: { characters: number }) {
  if (characters < LARGE) return null;
  return (
    <span className="ml-auto shrink-0 pl-3 text-xs text-muted" title={`${whole(characters)} characters`}>
      {compact(characters)}
    </span>
  );
}

function Name({ text, tape, node, query }: Pick<JsonRowProps, 'text' | 'tape' | 'node' | 'query'>) {
  const name = nameOf(text, tape, node);
  if (name === null) return null;
  return (
    <span className={`shrink-0 ${typeof name === 'number' ? 'text-muted' : 'text-info'}`}>
      <bdi>{typeof name === 'number' ? name : <Found text={visibleName(name)} query={query} />}</bdi>
      <span className="text-muted">:</span>
    </span>
  );
}

const LONGEST_NAME = 120;

function visibleName(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name === '' ? '""' : name;
}

function Value({ text, tape, node, isOpen, query }: Omit<JsonRowProps, 'line'>) {
  const count = of(tape.size, node);
  switch (tape.kind[node]) {
    case KIND.object:
      return (
        <span className="text-muted">{count === 0 ? '{}' : `{${count}}${isOpen ? '' : hint(text, tape, node)}`}</span>
      );
    case KIND.array:
      return <span className="text-muted">{count === 0 ? '[]' : `[${count}]`}</span>;
    case KIND.string:
      return isOpen ? (
        <span className="text-muted">↴</span>
      ) : (
        <bdi className="min-w-0 truncate">
          “<Found text={preview(valueText(text, tape, node))} query={query} />”
        </bdi>
      );
    default:
      return (
        <span className="truncate text-accent">
          <Found text={valueText(text, tape, node)} query={query} />
        </span>
      );
  }
}

/** The members that tell what an object is. */
const TELLING = /^(?:type|role|name|id|event|object|model|title|key)$/;

function hint(text: string, tape: Tape, node: number): string {
  const said: string[] = [];
  for (const child of childrenOf(tape, node)) {
    if (said.length === 3) break;
    const name = nameOf(text, tape, child);
    if (tape.kind[child] !== KIND.string || typeof name !== 'string' || !TELLING.test(name)) continue;
    said.push(`${name}: ${preview(valueText(text, tape, child)).slice(0, 40)}`);
  }
  return said.length === 0 ? '' : `  ${said.join(', ')}`;
}

/** Cut before it is read: a text may hold megabytes. A cut escape is left out. */
function preview(literal: string): string {
  if (literal.length <= PREVIEW) return oneLine(decoded(literal));
  const cut = literal.slice(0, PREVIEW).replace(/\\(?:u[\da-fA-F]{0,3})?$/, '');
  return `${oneLine(decoded(`${cut}"`))}…`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, ' ↵ ');
}
