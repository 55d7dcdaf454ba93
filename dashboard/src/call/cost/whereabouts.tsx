import type { CallRecord } from '../../api/shapes.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Loading } from '../../kit/states.tsx';
import { useConversation } from '../conversation/use-conversation.ts';
import { inputParts, type Part } from './reasons.ts';

/** Which of what was sent took the tokens: a bar, and the same as a table. */
export function Whereabouts({ call }: { call: CallRecord }) {
  const { data, error } = useConversation(call);
  if (error !== null) return <p className="text-muted">Not known: {error.message}</p>;
  if (data === undefined) return <Loading what="the shares" />;
  const { tokens, request } = data;
  if (!request.stored) return <p className="text-muted">Not known: the request is not stored.</p>;
  if (tokens.input === null) return <p className="text-muted">Not known: the provider did not count the input.</p>;
  const parts = inputParts(tokens.input);
  if (parts.length === 0) return <p className="text-muted">Not known: nobody speaks in this request.</p>;
  const sum = parts.reduce((total, part) => total + part.tokens, 0);
  return (
    <>
      <Bar parts={parts} sum={sum} />
      <table className="mt-2 w-full max-w-md">
        <thead className="sr-only">
          <tr>
            <th>What</th>
            <th>Tokens, about</th>
            <th>Share</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ name, tokens: count, colour }) => (
            <tr key={name} className="border-b border-line">
              <th scope="row" className="py-1 text-left font-normal">
                <span aria-hidden="true" className="mr-1.5 inline-block size-2" style={{ backgroundColor: colour }} />
                {name}
              </th>
              <td className="py-1 text-right">~{whole(count)}</td>
              <td className="w-16 py-1 text-right text-muted">{percent(count, sum)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {tokens.new !== null && tokens.new < sum && (
        <p className="mt-1">
          About {whole(tokens.new)} tokens ({percent(tokens.new, sum)}) are new in this call; the rest was sent before.
        </p>
      )}
      <p className="mt-1 text-sm text-muted">
        About: the provider counts the input as a whole, and each text has its share of that by its length.
      </p>
    </>
  );
}

function Bar({ parts, sum }: { parts: readonly Part[]; sum: number }) {
  return (
    <div aria-hidden="true" className="flex h-4 w-full max-w-3xl gap-px overflow-hidden rounded-chip bg-raised">
      {parts.map(({ name, tokens, colour }) => (
        <div
          key={name}
          title={`${name}, ~${whole(tokens)} tokens`}
          style={{ width: `${(100 * tokens) / sum}%`, backgroundColor: colour }}
        />
      ))}
    </div>
  );
}
