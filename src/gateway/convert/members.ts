import { isObject, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { type NoteName, type Notes, refuse, type RefusalName } from './notes.ts';

/** What becomes of each member of an object: it is read, it asks for nothing, it is lost, or it is why we refuse. */
export type Members = Readonly<Record<string, 'read' | 'nothing' | { lost: NoteName } | { refused: RefusalName }>>;

/** Goes through the members that are not read. One that no table names is lost, too. Throws RefusedError. */
export function account(from: JsonObject, members: Members, unknown: NoteName, at: string, notes: Notes): void {
  for (const [name, value] of Object.entries(from)) {
    const fate = Object.hasOwn(members, name) ? members[name] : undefined;
    if (fate === 'read' || fate === 'nothing' || !isAsked(value)) continue;
    const place = at === '' ? name : `${at}.${name}`;
    if (fate !== undefined && 'refused' in fate) refuse(fate.refused, place);
    notes.add(fate?.lost ?? unknown, place);
  }
}

/** Null, false, and what is empty ask for nothing. */
export function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value) || Object.keys(value).length > 0;
}

/** Members that both formats of OpenAI have, by the same name and with the same meaning. */
const SHARED = ['metadata', 'service_tier', 'store', 'prompt_cache_key', 'safety_identifier'] as const;

export function sharedMembers(body: JsonObject): ReadonlyMap<string, unknown> {
  return new Map(SHARED.map((name) => [name, valueAt(body, name)] as const).filter(([, value]) => isAsked(value)));
}
