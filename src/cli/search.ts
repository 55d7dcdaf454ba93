/** `search`: where words stand in the traffic. It asks the running daemon, or reads the store when none runs. */
import pc from 'picocolors';
import { askOf, type CallQuery } from '../admin/calls.ts';
import { Search, type SearchAnswer, type SearchHit } from '../admin/search.ts';
import { escapeLine } from '../sinks/escape.ts';
import { print, printJson } from './print.ts';
import { accepted, askOrRead, colours, dim, type ReadArguments, shortId, timeOf } from './read.ts';

/** Without a daemon, what the index does not hold is read by us: that may take a moment. */
const PATIENT_MS = 5000;

export async function searchMain({
  home,
  json,
  words,
  ...query
}: ReadArguments & CallQuery & { words: readonly string[] }): Promise<number> {
  const answer = await answerOf(home, { ...query, q: queryOf(words) });
  if (json) printJson(answer);
  else printHits(answer);
  return 0;
}

/** One argument is the whole query, as it was typed between quotes of the shell; of several, one with blanks is a phrase. */
export function queryOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return words.map((word) => (/\s/.test(word) && !word.includes('"') ? `"${word}"` : word)).join(' ');
}

async function answerOf(home: string | null, query: CallQuery): Promise<SearchAnswer> {
  return accepted(await askOrRead(home, '/api/search', query, (db) => storedAnswer(db, query)));
}

function storedAnswer(db: string, query: CallQuery): SearchAnswer {
  const search = new Search({ db, budgetMs: PATIENT_MS });
  try {
    return search.find(askOf(query));
  } finally {
    search.close();
  }
}

function printHits({ hits, next_cursor: cursor, partial, ignored }: SearchAnswer): void {
  if (ignored.length > 0) print(dim(`not looked for: ${escapeLine(ignored.join(' '))}`));
  if (hits.length === 0) print('Nothing found.');
  let session: string | null = null;
  for (const hit of hits) {
    // A call without one must not stand below the session of the call before it.
    if (hit.session_id !== session)
      print(dim(hit.session_id === null ? 'no session' : `session ${escapeLine(hit.session_id)}`));
    session = hit.session_id;
    print(headOf(hit));
    if (hit.snippet !== null) print(`    ${marked(hit.snippet, hit.marks)}`);
  }
  if (partial) print(dim('Not everything could be looked at in time.'));
  if (cursor !== null) print(dim(`more: --cursor ${cursor}`));
}

function headOf({ call_id: id, started_at: at, provider, model, status, side, role }: SearchHit): string {
  const who = side === 'call' ? null : (role ?? side);
  const parts = [timeOf(at), shortId(id), provider, model, status === null ? '?' : String(status), who];
  return parts.flatMap((part) => (part === null ? [] : escapeLine(part))).join('  ');
}

function marked(snippet: string, marks: SearchHit['marks']): string {
  if (!colours()) return escapeLine(snippet);
  let shown = '';
  let at = 0;
  for (const [start, end] of marks) {
    shown += escapeLine(snippet.slice(at, start)) + pc.bold(pc.yellow(escapeLine(snippet.slice(start, end))));
    at = end;
  }
  return shown + escapeLine(snippet.slice(at));
}
