import { useEffect, useState } from 'react';
import { get } from '../api/client.ts';
import type { TokenShares } from '../api/shapes.ts';
import { compact, percent, whole } from '../format/numbers.ts';
import { wordsOf } from '../kit/states.tsx';
import { outlinePath, type Topic } from './outline.ts';
import { usePlace } from './place.ts';
import { addShares, usesOf } from './uses.ts';

type Sums = ReturnType<typeof addShares>;
type State = { sums: Sums | null; isDone: boolean; error: unknown };

/** What the tokens were: read from all that was said, so it comes piece by piece. */
export function TokenUses() {
  const { outline } = usePlace();
  const { topic, trace, sessions, steps } = outline;
  const id = topic === 'trace' ? trace?.trace_id : sessions[0]?.id;
  // A session is shown by an object of its own (its id is the key): nothing of another one can stand here.
  const { sums, isDone, error } = useShares(topic, id ?? '');
  const calls = steps.filter(({ inference }) => inference).length;
  return (
    <section className="min-w-0">
      <div className="mb-1 flex flex-wrap items-baseline gap-x-3">
        <h3 className="font-semibold">What the tokens were</h3>
        <span role="status" className="text-sm text-muted">
          {sums === null
            ? 'reading …'
            : isDone
              ? 'estimates: shares of what the providers counted'
              : `read ${whole(sums.calls)} of ${whole(calls)} calls …`}
        </span>
      </div>
      {error !== null && <p className="text-bad">{wordsOf(error).text}</p>}
      {sums !== null && <Uses sums={sums} />}
    </section>
  );
}

function Uses({ sums }: { sums: Sums }) {
  const uses = usesOf(sums);
  const total = uses.reduce((sum, { tokens }) => sum + tokens, 0);
  const tools = Object.entries(sums.tool_results).toSorted(([, a], [, b]) => b - a);
  const missing = sums.unread + sums.unstated;
  return (
    <>
      {total > 0 && (
        <>
          <div aria-hidden="true" className="mb-2 flex h-3 w-full overflow-hidden rounded-chip bg-raised">
            {uses.map(({ key, tokens, colour }) => (
              <span key={key} style={{ width: `${(100 * tokens) / total}%`, backgroundColor: colour }} />
            ))}
          </div>
          <div className="grid gap-x-8 gap-y-4 md:grid-cols-2">
            <UseTable
              label="Kind"
              rows={uses.map(({ key, name, tokens, colour }) => ({ key, name, tokens, colour }))}
              total={total}
            />
            {tools.length > 0 && (
              <UseTable
                label="Results, by tool"
                rows={tools
                  .slice(0, 8)
                  .map(([name, tokens]) => ({ key: name, name: name === '' ? 'unknown' : name, tokens, colour: null }))}
                total={total}
              />
            )}
          </div>
        </>
      )}
      {sums.known_input > 0 && (
        <p className="mt-2 text-sm text-muted">
          Of the input ~{percent(sums.new, sums.known_input)} was said for the first time; the rest was sent again, from
          the cache where the provider had it.
        </p>
      )}
      {missing > 0 && (
        <p className="mt-1 text-sm text-muted">
          Not in it: {whole(sums.unread)} {sums.unread === 1 ? 'call' : 'calls'} of which nothing said is stored
          {sums.unstated > 0 && <> and {whole(sums.unstated)} whose provider counted nothing</>}.
        </p>
      )}
    </>
  );
}

interface UseRow {
  key: string;
  name: string;
  tokens: number;
  colour: string | null;
}

function UseTable({ label, rows, total }: { label: string; rows: readonly UseRow[]; total: number }) {
  return (
    <table className="h-fit w-full" aria-label={label}>
      <thead>
        <tr className="h-7 text-sm text-muted">
          <th scope="col" className="text-left font-normal">
            {label}
          </th>
          <th scope="col" className="px-2 text-right font-normal">
            Tokens
          </th>
          <th scope="col" className="text-right font-normal">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, tokens, colour }) => (
          <tr key={key} className="h-7 border-t border-line">
            <th scope="row" className="max-w-0 truncate text-left font-normal" style={{ width: '100%' }}>
              {colour !== null && (
                <span
                  aria-hidden="true"
                  className="mr-1.5 inline-block size-2 rounded-[2px]"
                  style={{ backgroundColor: colour }}
                />
              )}
              <bdi>{name}</bdi>
            </th>
            <td className="px-2 text-right text-muted">~{compact(tokens)}</td>
            <td className="text-right whitespace-nowrap text-muted">{percent(tokens, total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const NOTHING: State = { sums: null, isDone: false, error: null };

function useShares(topic: Topic, id: string): State {
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    const end = new AbortController();
    const read = async (): Promise<void> => {
      let sums: Sums | null = null;
      try {
        for (let after = 0, more = true; more;) {
          const page: TokenShares = await get(outlinePath(topic, id, 'tokens'), { after }, end.signal);
          sums = addShares(sums, page);
          ({ after, more } = page);
          setState({ sums, isDone: !more, error: null });
        }
      } catch (error) {
        if (!end.signal.aborted) setState({ sums, isDone: true, error });
      }
    };
    void read();
    return () => end.abort();
  }, [topic, id]);
  return state;
}
