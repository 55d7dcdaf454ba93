/** The body that a reader makes of a stored one. */
import { childrenOf, isContainer, KIND, of, parseTape, type Tape } from '../body/json-tape.ts';

export interface Edited {
  /** For the editor: JSON is laid out, all else stays. */
  text: string;
  isJson: boolean;
}

/** Deeper ones stay on one line: an editor shows nothing of them anyway. */
const DEEPEST = 200;

/** Only the space between values changes: numbers keep their digits, names that come twice stay two. */
export function editable(stored: string): Edited {
  const tape = parseTape(stored);
  if (tape.problem !== null || tape.count === 0) return { text: stored, isJson: false };
  return { text: laidOut(stored, tape, 0), isJson: true };
}

function laidOut(text: string, tape: Tape, node: number): string {
  const literal = text.slice(of(tape.start, node), of(tape.end, node));
  const depth = of(tape.depth, node);
  if (!isContainer(tape, node) || of(tape.size, node) === 0 || depth > DEEPEST) return literal;
  const isObject = tape.kind[node] === KIND.object;
  const indent = '  '.repeat(depth);
  const lines = [...childrenOf(tape, node)].map((child) => {
    const name = isObject ? `${text.slice(of(tape.keyStart, child), of(tape.keyEnd, child))}: ` : '';
    return `${indent}  ${name}${laidOut(text, tape, child)}`;
  });
  const [open, close] = isObject ? ['{', '}'] : ['[', ']'];
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

/** What is wrong with a text that should be JSON, in words; `null` = nothing. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    if (at === undefined) return message;
    const before = text.slice(0, Number(at)).split('\n');
    return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message.replace(/ \(line .*\)$/, '')}`;
  }
}
