/** A call of a tool and what it gave, in one fold. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ViewPart } from '../../api/shapes.ts';
import { duration } from '../../format/time.ts';
import { Code } from '../markdown.tsx';
import { visibleText } from '../text/marks.ts';
import { Marked } from '../text/plain-text.tsx';
import { KeptFold, type ToolWait, useScope, wholePart } from './context.tsx';
import { Media } from './media.tsx';
import { TextOf } from './part.tsx';
import { Share } from './share.tsx';
import { faithful, keyArgument } from './tool-label.ts';
import { type Block, isCut, type PartPlace, type ToolCallPart, type ToolResultPart } from './turns.ts';

type ToolBlock = Extract<Block, { kind: 'tool' }>;

/** Of a result, before the reader asks for more. Characters. */
const FIRST_OF_RESULT = 3000;
const MOST_PRETTY = 50_000;

export function Tool({ block, open }: { block: ToolBlock; open: boolean }) {
  const { call, result } = block;
  const wait = useScope().waits.get(call?.part.id ?? result?.part.id ?? '');
  return (
    <KeptFold id={block.key} open={open} label={<Label block={block} wait={wait} />}>
      <div className="flex flex-col gap-2">
        {call !== null && <Arguments part={call.part} place={call.place} />}
        {result !== null && <Result part={result.part} place={result.place} isAlone={call === null} />}
        {result === null && <NoResult block={block} wait={wait} />}
      </div>
    </KeptFold>
  );
}

function Label({ block, wait }: { block: ToolBlock; wait: ToolWait | undefined }) {
  const { name, subject, isError, tokens } = factsOf(block);
  return (
    <>
      <span className="max-w-1/2 shrink-0 truncate font-mono text-sm text-text">{visibleText(name)}</span>
      <bdi className="min-w-0 flex-1 truncate font-mono text-sm">{subject}</bdi>
      {(isError || wait?.isError === true) && <ErrorBadge />}
      {wait !== undefined && (
        <span className="shrink-0 text-sm" title="from the end of the answer that asked to the request with the result">
          {duration(wait.ms)}
        </span>
      )}
      {block.isAnsweredLater && <span className="shrink-0 text-sm">result below</span>}
      <Share tokens={tokens} isOfAnswer />
    </>
  );
}

function factsOf({ call, result }: ToolBlock): {
  name: string;
  subject: string;
  isError: boolean;
  tokens: number | null;
} {
  const parts = [call?.part, result?.part].filter((part) => part !== undefined);
  const known = parts.flatMap(({ tokens }) => tokens ?? []);
  return {
    name: parts.find(({ name }) => name !== null && name !== '')?.name ?? 'tool',
    subject: call === null ? '' : keyArgument(call.part.arguments),
    isError: result?.part.is_error === true,
    tokens: known.length === 0 ? null : known.reduce((sum, tokens) => sum + tokens, 0),
  };
}

export function ErrorBadge() {
  return <span className="shrink-0 rounded-chip border border-bad px-1 text-xs text-bad">✕ error</span>;
}

function Arguments({ part: given, place }: { part: ToolCallPart; place: PartPlace }) {
  const { isRaw } = useScope();
  const part = useWholeCall(given, place);
  const value = isRaw || part.arguments.length > MOST_PRETTY ? undefined : faithful(part.arguments);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return <p className="text-sm text-muted">without arguments</p>;
    return (
      <dl className="flex flex-col gap-1">
        {entries.map(([name, member]) => (
          <Member key={name} name={name} value={member} />
        ))}
      </dl>
    );
  }
  const text = { ...part, type: 'text' as const, text: part.arguments, chars: part.chars - part.name.length };
  return <TextOf part={text} place={place} look="mono" first={FIRST_OF_RESULT} />;
}

/** Half of a JSON text is none. */
function useWholeCall(part: ToolCallPart, place: PartPlace): ToolCallPart {
  const { call } = useScope();
  const whole = useQuery({
    queryKey: ['conversation', call, 'part', place.message, ...place.path],
    queryFn: async ({ signal }) => {
      const found = await wholePart(call, place, signal);
      return found.type === 'tool_call' ? found.arguments : '';
    },
    enabled: isCut(part) && part.chars <= MOST_PRETTY,
    staleTime: Infinity,
  });
  return whole.data === undefined ? part : { ...part, arguments: whole.data };
}

/** Texts as they read, not as JSON writes them. */
function Member({ name, value }: { name: string; value: unknown }) {
  const isShort = typeof value === 'string' ? value.length <= 100 && !value.includes('\n') : !isObject(value);
  return (
    <div className={isShort ? 'flex items-baseline gap-2' : ''}>
      <dt className="shrink-0 font-mono text-sm text-muted">{visibleText(name)}</dt>
      <dd className="min-w-0">
        {typeof value === 'string' ? (
          <div
            className={`font-mono text-sm break-words whitespace-pre-wrap [unicode-bidi:plaintext] ${isShort ? '' : 'max-h-96 overflow-auto rounded-chip bg-raised p-2'}`}
            {...(isShort ? {} : { tabIndex: 0 })}
          >
            <Marked text={value} />
          </div>
        ) : isObject(value) ? (
          <Code text={JSON.stringify(value, null, 2)} language="json" />
        ) : (
          <code className="font-mono text-sm">{JSON.stringify(value)}</code>
        )}
      </dd>
    </div>
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function Result({ part, place, isAlone }: { part: ToolResultPart; place: PartPlace; isAlone: boolean }) {
  return (
    <div className={`border-l-2 pl-3 ${part.is_error === true ? 'border-bad' : 'border-line'}`}>
      <p className="flex items-center gap-2 text-sm text-muted">
        result
        {isAlone && ' of a call that is not in this request any more'}
        {part.is_error === true && <span className="text-bad">an error</span>}
      </p>
      {part.parts.length === 0 && <p className="text-faint">(nothing)</p>}
      {part.parts.map((piece, index) => (
        <ResultPiece key={`${index}-${piece.type}`} part={piece} place={{ ...place, path: [...place.path, index] }} />
      ))}
    </div>
  );
}

function ResultPiece({ part, place }: { part: ViewPart; place: PartPlace }): ReactNode {
  const { isRaw } = useScope();
  switch (part.type) {
    case 'text': {
      const json = isRaw ? null : prettyJson(part);
      if (json !== null) return <Code text={json} language="json" />;
      return <TextOf part={part} place={place} look="mono" first={FIRST_OF_RESULT} />;
    }
    case 'thinking':
      return <TextOf part={part} place={place} look="mono" first={FIRST_OF_RESULT} />;
    case 'image':
    case 'audio':
    case 'file':
      return <Media media={part} />;
    case 'tool_call':
    case 'tool_result':
      return <p className="text-muted">(a tool within a result: see the request)</p>;
  }
}

/** Null = it is no JSON, or too much of it. */
function prettyJson({ text, chars }: Extract<ViewPart, { type: 'text' }>): string | null {
  if (chars > FIRST_OF_RESULT || !/^\s*[[{]/.test(text)) return null;
  const value = faithful(text);
  return isObject(value) ? JSON.stringify(value, null, 2) : null;
}

function NoResult({ block: { call, isAnsweredLater }, wait }: { block: ToolBlock; wait: ToolWait | undefined }) {
  const { hrefOfCall } = useScope();
  if (isAnsweredLater) return null;
  if (wait?.broughtBy != null) {
    return (
      <p className="text-sm text-muted">
        The result came {duration(wait.ms)} later, with{' '}
        <a href={hrefOfCall(wait.broughtBy)} className="text-accent underline underline-offset-2">
          the next call
        </a>
        .
      </p>
    );
  }
  const isAsked = call?.place.message === null;
  return <p className="text-sm text-muted">{isAsked ? 'No result was seen so far.' : 'No result in this request.'}</p>;
}
