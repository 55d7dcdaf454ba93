/** How one text became another, word by word where they are short enough for that. Pure. */
import { diffArrays } from 'diff/lib/diff/array.js';

export interface Change {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Characters of both together. */
const MOST_WORDS = 60_000;
const MOST_LINES = 4_000_000;
const PATIENCE_MS = 300;
/** Each character is in one of them: words, ends of lines, other blanks, and signs one by one. */
const WORDS = /[\p{L}\p{M}\p{N}_]+|\n|[^\S\n]+|[^\s\p{L}\p{M}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

/** Null = they are too long, or too different, to be told apart in a moment. */
export function textDiff(before: string, after: string): Change[] | null {
  const size = before.length + after.length;
  const diff = (parts: RegExp): Change[] | undefined =>
    diffArrays(before.match(parts) ?? [], after.match(parts) ?? [], { timeout: PATIENCE_MS })?.map(
      ({ value, added, removed }) => ({
        kind: added ? 'added' : removed ? 'removed' : 'same',
        text: value.join(''),
      }),
    );
  const changes = (size <= MOST_WORDS ? diff(WORDS) : undefined) ?? (size <= MOST_LINES ? diff(LINES) : undefined);
  return changes === undefined ? null : tidied(changes);
}

/** Two words that are the same by chance between others that are not make a difference harder to read. */
const BY_CHANCE = 3;

/** Changes that only a blank or so keeps apart become one: what was taken out, then what came in. */
export function tidied(changes: readonly Change[]): Change[] {
  const told: Change[] = [];
  let removed = '';
  let added = '';
  const end = (): void => {
    if (removed !== '') told.push({ kind: 'removed', text: removed });
    if (added !== '') told.push({ kind: 'added', text: added });
    removed = '';
    added = '';
  };
  for (const [index, { kind, text }] of changes.entries()) {
    const isBetween = removed + added !== '' && index < changes.length - 1;
    if (kind === 'same' && isBetween && text.trim().length <= BY_CHANCE && !text.includes('\n')) {
      removed += text;
      added += text;
    } else if (kind === 'same') {
      end();
      told.push({ kind, text });
    } else if (kind === 'removed') removed += text;
    else added += text;
  }
  end();
  return told;
}

/** What is the same is shown around a change only. Characters on each side. */
const AROUND = 160;

export type Shown = Change | { kind: 'hidden'; text: string };

/** Long texts that are the same become a line that says so; `hidden` ones open. */
export function shortened(changes: readonly Change[]): Shown[] {
  return changes.flatMap((change, index): Shown[] => {
    if (change.kind !== 'same' || change.text.length <= 3 * AROUND) return [change];
    const head = index === 0 ? '' : change.text.slice(0, lineEnd(change.text, AROUND));
    const tail = index === changes.length - 1 ? '' : change.text.slice(lineStart(change.text, AROUND));
    const middle = change.text.slice(head.length, change.text.length - tail.length);
    const parts: Shown[] = [
      { kind: 'same', text: head },
      { kind: 'hidden', text: middle },
      { kind: 'same', text: tail },
    ];
    return parts.filter(({ text }) => text !== '');
  });
}

/** The end of a line or word near there. */
function lineEnd(text: string, most: number): number {
  const at = text.lastIndexOf('\n', most);
  return at > 0 ? at : spaceNear(text, most);
}

function lineStart(text: string, most: number): number {
  const from = text.length - most;
  const at = text.indexOf('\n', from);
  return at === -1 || at === text.length - 1 ? spaceNear(text, from) : at;
}

function spaceNear(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space === -1 || space - at > AROUND / 2 ? at : space;
}
