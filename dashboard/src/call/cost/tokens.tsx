import type { CallRecord, Usage } from '../../api/shapes.ts';
import { countCertainty } from '../../format/call.ts';
import { whole } from '../../format/numbers.ts';
import { Tokens } from '../../kit/amounts.tsx';
import { Fold } from '../../kit/fold.tsx';
import { Code } from '../markdown.tsx';

const ROWS: readonly { field: keyof Usage & `${string}_tokens`; name: string; depth: number }[] = [
  { field: 'input_tokens', name: 'input', depth: 0 },
  { field: 'cache_read_tokens', name: 'read from the cache', depth: 1 },
  { field: 'cache_write_tokens', name: 'written to the cache', depth: 1 },
  { field: 'cache_write_5m_tokens', name: 'for 5 minutes', depth: 2 },
  { field: 'cache_write_1h_tokens', name: 'for 1 hour', depth: 2 },
  { field: 'tool_prompt_tokens', name: 'for tools of the provider', depth: 1 },
  { field: 'input_audio_tokens', name: 'audio', depth: 1 },
  { field: 'input_image_tokens', name: 'pictures', depth: 1 },
  { field: 'input_video_tokens', name: 'video', depth: 1 },
  { field: 'output_tokens', name: 'output', depth: 0 },
  { field: 'reasoning_tokens', name: 'reasoning', depth: 1 },
  { field: 'output_audio_tokens', name: 'audio', depth: 1 },
  { field: 'output_image_tokens', name: 'pictures', depth: 1 },
];

const INDENT = ['', 'pl-4', 'pl-8'];
const SOURCES: Partial<Record<NonNullable<Usage['source']>, string>> = {
  regex: 'found by pattern in an answer that could not be read otherwise',
  estimate: 'estimated by llm-proxy',
  request: 'of the request, which is what is billed',
  header: 'of a header of the answer',
};

/** The counts as they were stated, indented = part of what stands above; and the provider's own words. */
export function TokensOf({ call: { usage, ...call } }: { call: CallRecord }) {
  const rows = ROWS.filter(({ field, depth }) => depth === 0 || usage[field] !== null);
  const units = Object.entries(usage.units);
  return (
    <>
      <table className="w-full max-w-md">
        <thead className="sr-only">
          <tr>
            <th>What</th>
            <th>Tokens</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ field, name, depth }) => (
            <tr key={field} className="border-b border-line">
              <th
                scope="row"
                className={`py-1 text-left font-normal ${INDENT[depth] ?? ''} ${depth > 0 ? 'text-muted' : ''}`}
              >
                {name}
              </th>
              <td className="py-1 text-right">
                <Tokens
                  value={usage[field]}
                  certainty={countCertainty({ usage, ...call }, isOutput(field) ? 'output_tokens' : 'input_tokens')}
                />
              </td>
            </tr>
          ))}
          {units.map(([unit, amount]) => (
            <tr key={unit} className="border-b border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {unit.replaceAll('_', ' ')}
              </th>
              <td className="py-1 text-right">{whole(amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-1 text-sm text-muted">{sourceWords(usage)}</p>
      {call.anomalies.length > 0 && (
        <p className="text-sm text-warn">
          Odd in it: {call.anomalies.map((anomaly) => anomaly.replaceAll('_', ' ')).join(', ')} (docs/metrics.md).
        </p>
      )}
      {usage.raw !== null && (
        <Fold label="as the provider wrote it">
          <Code text={JSON.stringify(usage.raw, null, 2)} language="json" />
        </Fold>
      )}
    </>
  );
}

function isOutput(field: string): boolean {
  return field.startsWith('output_') || field === 'reasoning_tokens';
}

function sourceWords({ source, state, estimated }: Usage): string {
  if (state === 'none' && estimated.length === 0) return 'The provider stated nothing.';
  const from = source === null ? 'nobody' : (SOURCES[source] ?? `stated by the provider (${source})`);
  const cut = state === 'partial' ? '; the answer was cut, so it may be more' : '';
  const ours =
    estimated.length === 0 || source === 'estimate' ? '' : `; estimated: ${estimated.join(', ').replaceAll('_', ' ')}`;
  return `The counts are ${from}${cut}${ours}.`;
}
