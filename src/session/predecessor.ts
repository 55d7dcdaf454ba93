/** Which call a call goes on from. In doubt none: strangers may begin alike, and may even get the same answer. */
import type { CutBody } from '../core/blocks.ts';
import { likeness, type Likeness } from './answer.ts';
import type { KnownCall, KnownCalls } from './known-calls.ts';
import { turnUpTo, type Tail, type Turn } from './tail.ts';

export interface Question {
  body: CutBody;
  tail: Tail;
  hashes: Float64Array;
  scope: string;
  named: string | null;
  /** The last calls of the session that the client names. */
  family: readonly KnownCall[];
  connection: number;
  run: string | null;
}

export interface Knowledge {
  calls: KnownCalls;
  /** The call whose answer asked for a tool. */
  ofTool(id: string): KnownCall | null;
  /** The last calls of the conversations in a session. */
  lastOf(session: string): readonly KnownCall[];
  /** This connection has carried one conversation only, as those of programs for one person do. */
  isPrivate(connection: number): boolean;
}

export interface Predecessor {
  call: KnownCall;
  /** Place of the first message that it had neither asked nor answered. */
  newFrom: number;
  /** Its messages stand at the beginning of this request as they were. */
  isWhole: boolean;
}

/** An id of this length is random: no other call has it. */
const UNIQUE_ID = 16;
/** Turns of the model that are compared, from the last on. */
const MAX_TURNS = 8;
/** A text of this length, without white space, is no common phrase. */
const LONG_TEXT = 80;

export function findPredecessor(question: Question, known: Knowledge): Predecessor | 'doubt' | null {
  const { tail } = question;
  const unanswered = goesOnWithout(question, known);
  if (unanswered !== null) return unanswered;
  if (tail.turn === null) return null;
  const direct = answeredAt(question, tail.turn, known);
  if (direct !== null) return direct === 'doubt' ? direct : { call: direct, newFrom: tail.turn.to, isWhole: true };
  return byToolIds(question, tail.turn, known) ?? byEarlierTurns(question, tail.turn, known);
}

/** The user spoke on, though there was no answer: it was cut off, or refused. */
function goesOnWithout({ body, tail, hashes, ...who }: Question, { calls }: Knowledge): Predecessor | null {
  const first = Math.max(tail.turn?.to ?? 0, 0) + 1;
  for (let count = body.messages.length - 1; count >= first; count -= 1) {
    const failed = calls
      .withPrefix(hashes[count] ?? 0)
      .filter((call) => call.failed && (call.distinct || who.named !== null) && call.next === null);
    const call = failed.at(-1);
    if (call !== undefined && new Set(failed.map(({ session }) => session)).size === 1)
      return { call, newFrom: count, isWhole: true };
  }
  return null;
}

/** Whose request ended where this turn of the model begins, and whose answer it is. */
function answeredAt(question: Question, turn: Turn, { calls, ...known }: Knowledge): KnownCall | 'doubt' | null {
  const hash = question.hashes[turn.from] ?? 0;
  const asked = calls.withPrefix(hash);
  if (asked.length === 0) return null;
  const { repeated } = turn;
  const isTheirs = (call: KnownCall): Likeness => likeness(call.answer, repeated);
  const exact =
    repeated.text === '' ? [] : calls.withAnswer(hash, repeated.text).filter((call) => isTheirs(call) !== null);
  const byIds = [...repeated.toolIds]
    .map((id) => known.ofTool(id))
    .filter((call): call is KnownCall => call !== null && call.hash === hash && isTheirs(call) === 'ids');
  const alike = byIds.length > 0 ? byIds : exact.length > 0 ? exact : asked.filter((call) => isTheirs(call) !== null);
  if (alike.length > 0) return theOne(alike, question, known);
  // Clients change what their model said; within the session that they name it is still theirs.
  return question.named === null ? null : (asked.findLast(({ named }) => named === question.named) ?? null);
}

/** The history was edited, but it is the same tool that was called. */
function byToolIds(question: Question, turn: Turn, known: Knowledge): Predecessor | null {
  const results = question.tail.added.flatMap(({ toolResults }) => toolResults.map(({ id }) => id ?? ''));
  for (const id of [...turn.repeated.toolIds, ...results]) {
    if (id.length < UNIQUE_ID) continue;
    const call = known.ofTool(id);
    if (call !== null && call.scope === question.scope && call.named === question.named)
      return { call, newFrom: turn.to, isWhole: false };
  }
  return null;
}

/** Where it left what is known: the turns of the model before, from the last on. */
function byEarlierTurns(question: Question, last: Turn, known: Knowledge): Predecessor | null {
  const { hashes, body, named } = question;
  let left = MAX_TURNS;
  let session = question.family;
  let found: Predecessor | null = null;
  for (let count = last.from - 1; count > 0 && left > 0 && found === null; count -= 1) {
    if (known.calls.withPrefix(hashes[count] ?? 0).length === 0) continue;
    left -= 1;
    const turn = turnFrom(body, count);
    const call = turn === null ? null : answeredAt(question, turn, known);
    if (call === null || call === 'doubt' || turn === null) continue;
    if (named === null) session = known.lastOf(call.session);
    found = { call, newFrom: turn.to, isWhole: true };
  }
  // The last answer is known, though something before it was edited.
  const edited = session.findLast((call) => isSurely(likeness(call.answer, last.repeated), last.repeated.text));
  return edited === undefined ? found : { call: edited, newFrom: last.to, isWhole: false };
}

function isSurely(like: Likeness, text: string): boolean {
  return like === 'ids' || (like === 'text' && text.length >= LONG_TEXT);
}

function turnFrom(body: CutBody, from: number): Turn | null {
  // To its end; its beginning is given.
  for (let to = from + 1; to <= Math.min(body.messages.length, from + 16); to += 1) {
    const turn = turnUpTo(body, to);
    if (turn === null || turn.from > from) return null;
    const next = to < body.messages.length ? turnUpTo(body, to + 1) : null;
    if (next === null) return turn.from === from ? turn : { ...turn, from };
  }
  return null;
}

/** Of calls that asked the same and were answered the same. */
function theOne(
  alike: readonly KnownCall[],
  { connection, run }: Question,
  { isPrivate }: Pick<Knowledge, 'isPrivate'>,
): KnownCall | 'doubt' {
  const lastOfEach = new Map(alike.map((call) => [call.session, call]));
  const candidates = [...lastOfEach.values()];
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  const isHere = (call: KnownCall): boolean => call.connection === connection && isPrivate(connection);
  const evidence: ((call: KnownCall) => boolean)[] = [
    (call) => run !== null && call.run === run,
    isHere,
    (call) => call.next === null,
  ];
  let left = candidates;
  for (const speaksFor of evidence) {
    const some = left.filter(speaksFor);
    if (some.length === 1 && some[0] !== undefined) return some[0];
    if (some.length > 0) left = some;
  }
  return 'doubt';
}
