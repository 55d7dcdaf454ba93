import { endpointFacts } from '../providers/families/endpoint-facts.ts';
import { topLevelMembers } from '../providers/families/mapped.ts';
import type { Endpoint } from '../providers/provider.ts';

/** Who answered, and how it went. */
const WHO = [
  'id',
  'type',
  'object',
  'model',
  'modelVersion',
  'responseId',
  'service_tier',
  'stop_reason',
  'status',
  'error',
];
/** Where dialects have counts. */
const COUNTS = ['usage', 'usageMetadata', 'meta', 'response', 'interaction', 'prompt_eval_count', 'eval_count'];
const OF_DIALECTS: ReadonlySet<string> = new Set([...WHO, ...COUNTS, 'done']);

/** Nothing is missing of an answer in which such a member was found. */
export function mayCount(member: string): boolean {
  return member !== 'done' && !WHO.includes(member);
}

const known = new WeakMap<Endpoint, ReadonlySet<string>>();

/** Members at the top of an answer that state something, where it is too large, or too broken, to be parsed whole. */
export function wantedMembers(endpoint: Endpoint | null): ReadonlySet<string> {
  if (endpoint === null) return OF_DIALECTS;
  let members = known.get(endpoint);
  if (members === undefined) {
    const own = [...(endpoint.usage === undefined ? [] : topLevelMembers(endpoint.usage)), ...factMembers(endpoint)];
    members = own.length === 0 ? OF_DIALECTS : new Set([...OF_DIALECTS, ...own]);
    known.set(endpoint, members);
  }
  return members;
}

function factMembers(endpoint: Endpoint): string[] {
  return (endpointFacts(endpoint)?.answer ?? []).flatMap(({ path: [first] }) =>
    typeof first === 'object' && 'member' in first ? [first.member] : [],
  );
}
