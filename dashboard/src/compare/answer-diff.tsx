/** The two answers held against each other: words of the texts, members of the tools' arguments. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { CallRecord, Conversation, ViewPart } from '../api/shapes.ts';
import { conversationPath } from '../call/conversation/context.tsx';
import { TextDiff } from '../call/diff/text-diff-view.tsx';
import { Marked } from '../call/text/plain-text.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { type JsonDifference, jsonDifferences } from './json-diff.ts';
import { pairedCalls, textOf, type ToolPair } from './answers.ts';

function useAnswer(id: string) {
  return useQuery({
    queryKey: ['answer', id],
    // No message of the request: it is the answer that counts here.
    queryFn: ({ signal }) => get<Conversation>(conversationPath(id), { from: 0, to: 0, max: 0 }, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

export function AnswerDiff({ a, b }: { a: CallRecord; b: CallRecord }) {
  const [one, other] = [useAnswer(a.id), useAnswer(b.id)];
  const failed = [one, other].find(({ isLoadingError }) => isLoadingError);
  if (failed !== undefined) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (one.data === undefined || other.data === undefined) return <Loading what="both answers" />;
  const [first, second] = [one.data.answer, other.data.answer];
  if (first === null || second === null) return <NoAnswer isA={first === null} isB={second === null} />;
  return <Parts first={first.parts} second={second.parts} />;
}

function NoAnswer({ isA, isB }: { isA: boolean; isB: boolean }) {
  const which = isA && isB ? 'Neither call has an' : `${isA ? 'A' : 'B'} has no`;
  return (
    <Empty title={`${which} answer that can be read`}>
      <p>It failed, was cut before it began, is not stored, or is in a form that llm-proxy does not read.</p>
    </Empty>
  );
}

function Parts({ first, second }: { first: readonly ViewPart[]; second: readonly ViewPart[] }) {
  const tools = pairedCalls(first, second);
  const kinds = [
    { kind: 'thinking', title: 'Thinking' },
    { kind: 'text', title: 'Text' },
  ] as const;
  return (
    <div
      className="min-h-0 flex-1 overflow-auto px-4 py-3"
      tabIndex={0}
      role="region"
      aria-label="Differences of the answers"
    >
      {kinds.map(({ kind, title }) => (
        <Texts key={kind} title={title} before={textOf(first, kind)} after={textOf(second, kind)} />
      ))}
      {tools.length > 0 && (
        <section aria-label="Tool calls" className="mb-4">
          <h3 className="mb-1 font-semibold">Tool calls</h3>
          {tools.map((pair, index) => (
            // oxlint: calls of one name have no names of their own, and never change places.
            <Tool key={`${index}-${pair.name}`} pair={pair} />
          ))}
        </section>
      )}
    </div>
  );
}

function Texts({ title, before, after }: { title: string; before: string; after: string }) {
  if (before === '' && after === '') return null;
  return (
    <section aria-label={title} className="mb-4">
      <h3 className="mb-1 font-semibold">
        {title}{' '}
        <span className="text-sm font-normal text-muted">
          {before === after
            ? 'the same'
            : before === ''
              ? 'only in B'
              : after === ''
                ? 'only in A'
                : 'A struck out, B marked'}
        </span>
      </h3>
      <TextDiff before={before} after={after} />
    </section>
  );
}

function Tool({ pair: { name, before, after } }: { pair: ToolPair }) {
  const differences = before === null || after === null ? [] : jsonDifferences(before, after);
  const only = before === null ? 'only B calls it' : after === null ? 'only A calls it' : null;
  return (
    <div className="border-t border-line py-1">
      <p>
        <bdi className="font-mono">{name}</bdi>{' '}
        <span className="text-sm text-muted">
          {only ?? (differences.length === 0 ? 'with the same arguments' : '')}
        </span>
      </p>
      {only !== null && (
        <p className="font-mono text-sm break-words whitespace-pre-wrap text-muted">
          <Marked text={JSON.stringify(before ?? after, null, 2)} />
        </p>
      )}
      {differences.length > 0 && <Members differences={differences} />}
    </div>
  );
}

function Members({ differences }: { differences: readonly JsonDifference[] }) {
  return (
    <table className="my-1 w-full table-fixed font-mono text-sm">
      <thead className="font-sans text-muted">
        <tr>
          {['Argument', 'A', 'B'].map((title) => (
            <th key={title} scope="col" className="py-0.5 pr-3 text-left font-normal">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {differences.map(({ path, before, after }) => (
          <tr key={path} className="border-t border-line align-top">
            <th scope="row" className="pr-3 text-left font-normal break-all text-muted">
              <Marked text={path === '' ? 'all' : path} />
            </th>
            {[before, after].map((value, index) => (
              <td key={index === 0 ? 'A' : 'B'} className="pr-3 break-all">
                {value === null ? <em className="font-sans text-muted">not there</em> : <Marked text={value} />}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
