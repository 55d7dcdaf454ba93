import { isDeepStrictEqual } from 'node:util';
import type { CallRecord } from '../../src/core/capture.ts';
import { isObject } from '../../src/providers/families/json.ts';
import { parseJson } from '../../src/decoders/parse-json.ts';
import { bytesOf, type Cassette, truthMismatches } from '../support/cassettes.ts';

type Seen = Pick<CallRecord, 'usage' | 'request_model' | 'response_model' | 'inference'> & { reread?: boolean };

/** What the record says otherwise than the provider; where the provider stated nothing, any exact token count. */
export function mismatches(seen: Seen, cassette: Cassette): string[] {
  const { usage } = seen;
  if (cassette.truth === null) {
    const stated = usage.state === 'final' && usage.source !== 'estimate' && !seen.reread && seen.inference;
    const tokens = usage.input_tokens ?? usage.output_tokens;
    if (!stated || tokens === null || isStated(usage.raw, cassette)) return [];
    return [`invented ${usage.input_tokens} in, ${usage.output_tokens} out (${cassette.truth_reason ?? 'no usage'})`];
  }
  const found = truthMismatches(seen, cassette.truth);
  if (usage.state !== 'final') found.push(`state ${usage.state} instead of final`);
  if (usage.source === 'regex' || usage.source === 'estimate') found.push(`read by ${usage.source}`);
  return found;
}

/** The answer has this very usage: what it states is no invention, also where the recording judges no such operation. */
function isStated(raw: unknown, { response }: Cassette): boolean {
  const body = parseJson(bytesOf(response.body).toString());
  return isObject(body) && raw !== null && isDeepStrictEqual(body['usage'], raw);
}
