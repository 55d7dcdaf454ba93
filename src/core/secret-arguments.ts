/**
 * `curl -u name:password` in a text: in a script, in JSON of any escape depth, as a list of arguments. What follows `curl` is
 * read as a shell would read it, as far as one can who sees a piece of a text, because `-u` alone says nothing:
 * `docker run -u 1000:1000` and `sort -u file:line` beside it must stay. Source: curl(1).
 */
import { isMasked, maskPatterns, startsWord } from './secret-patterns.ts';

interface Span {
  start: number;
  end: number;
}

/** Options of curl without a value may stand before it in one word: `-sSu`. */
const OPTION = /^(?:-[#0-46BGIJLMNORSVZafgijklnpqsv]{0,20}[uU]|--(?:proxy-)?user(?:=|$))/;
/** Outside curl, `--user` is an account and its group more often than a password. */
const USER_OPTION = /--user(?:=|[ \t]+|\\*["']\s*,\s*(?=\\*["']))/y;

/** Between words: a line that goes on after a backslash is one, also where JSON doubled each backslash once or more. */
const GAP = /(?:[ \t]|\\+\r?\n|(?:\\{3})+(?:r\\+)?n|\\+t)+/y;
const BETWEEN_ITEMS = /\s*,\s*/y;
/** A part of a word out of quotes. Where a command ends it ends: `&` also joins the parameters of a URL. */
const PLAIN = /(?:[^\s"'\\`;|&)]|&(?![\s&])|\\+[^\s"'\\nrt`])+/y;
const QUOTE = /\\*["']/y;
/** Behind such a character a quote opens; behind any other it closes what stands around the command. */
const BEFORE_OPENING = /[=:@$]/;
const SHORT_OPTION = /^-[\w#]{1,20}$/;
/** So far the other quote is looked for. */
const FAR = 16 * 1024;
/** Commands in arguments of commands. */
const DEPTH = 2;

/** A name for a secret, none itself: `$PASS`, `${PASS}`, `$(pass show x)`, `<password>`, `{{password}}`, `%s`, `***`. */
const PLACEHOLDER = /^(?:\$\w+|\$\{\w+\}|\$\(.*|<[^>]*>|\{.*\}|%\w+%?|\[[^\]]*\]|[^\p{L}\p{N}]*)$/su;
/** `1000:1000` is a user and a group. */
const SAME_NUMBERS = /^(\d{1,5}):\1$/;
/** Longer than names are, and mixed: a key that is given as the name, as many services want it. */
const LIKE_A_KEY = /^(?=.*\d)(?=.*[A-Za-z])[\w.~+/=%|-]{16,}$/;

/** The text without the passwords that it hands to curl. */
export function maskArguments(text: string): string {
  const spans = [...passwordsOfCurl(text, DEPTH), ...passwordsOfUsers(text)];
  let out = '';
  let done = 0;
  for (const { start, end } of spans.toSorted((one, next) => one.start - next.start)) {
    if (start < done) continue;
    out += `${text.slice(done, start)}[masked]`;
    done = end;
  }
  return done === 0 ? text : out + text.slice(done);
}

function passwordsOfCurl(text: string, depth: number): Span[] {
  const found: Span[] = [];
  let hit = text.indexOf('curl');
  while (hit >= 0) {
    const end = startsWord(text, hit) ? readCommand(text, hit + 4, found, depth) : hit + 4;
    hit = text.indexOf('curl', end);
  }
  return found;
}

/** `--user name:password` of other programs: only a password that looks like a key. */
function passwordsOfUsers(text: string): Span[] {
  const found: Span[] = [];
  let hit = text.indexOf('--user');
  while (hit >= 0) {
    const from = run(USER_OPTION, text, hit);
    const word = from < 0 ? null : wordAt(text, from);
    if (word !== null) noteSecret(text, bare(text, word), found, true);
    hit = text.indexOf('--user', hit + 6);
  }
  return found;
}

/** Notes the passwords among the arguments from `from` on; where the command ends. Each character is read once a depth. */
function readCommand(text: string, from: number, found: Span[], depth: number): number {
  let at = text.startsWith('.exe', from) ? from + 4 : from;
  const next = nextWord(text, at);
  let isValue = false;
  for (let word = next(at); word !== null; word = next(at)) {
    const content = bare(text, word);
    // Another command: read from its own beginning.
    if (content.start === word.start && text.startsWith('curl', word.end - 4)) return word.start;
    at = word.end;
    isValue = readWord(text, word, content, isValue, found, depth);
    if (endsSentence(text, at)) break;
  }
  return at;
}

/** True: the next word is the value of this one. @param isValue this is the value of the last one */
function readWord(text: string, word: Span, content: Span, isValue: boolean, found: Span[], depth: number): boolean {
  const option = isValue ? 0 : optionLength(text, content);
  const start = content.start + option;
  if (isValue || (option > 0 && start < content.end))
    noteSecret(text, bare(text, { start, end: content.end }), found, false);
  else if (content.start > word.start && depth > 0) noteInner(text, content, found, depth - 1);
  return option > 0 && start === content.end;
}

function noteInner(text: string, { start, end }: Span, found: Span[], depth: number): void {
  for (const inner of passwordsOfCurl(text.slice(start, end), depth))
    found.push({ start: start + inner.start, end: start + inner.end });
}

/** After `"curl"` stand items of a list, after `curl` words. */
function nextWord(text: string, from: number): (at: number) => Span | null {
  const closing = run(QUOTE, text, from);
  if (closing < 0) {
    return (at) => {
      const start = run(GAP, text, at);
      return start < 0 ? null : wordAt(text, start);
    };
  }
  const quote = text.slice(from, closing);
  return (at) => {
    const start = run(BETWEEN_ITEMS, text, at === from ? closing : at);
    if (start < 0 || !text.startsWith(quote, start)) return null;
    const end = closingQuote(text, start + quote.length, quote);
    return end < 0 ? { start, end: endOfPart(text, start + quote.length) } : { start, end: end + quote.length };
  };
}

/** Plain and quoted parts without a gap; null = the command ends here. */
function wordAt(text: string, start: number): Span | null {
  let at = start;
  let lastQuote: string | null = null;
  while (at - start < FAR) {
    const plain = run(PLAIN, text, at);
    if (plain > 0) {
      at = plain;
      lastQuote = null;
      continue;
    }
    const open = run(QUOTE, text, at);
    if (open < 0) break;
    const quote = text.slice(at, open);
    if (at > start && !(lastQuote === null ? opens(text, start, at) : follows(text, open, quote, lastQuote))) break;
    const close = closingQuote(text, open, quote);
    // A text that was cut: what there is of the word.
    if (close < 0) return { start, end: endOfPart(text, open) };
    at = close + quote.length;
    lastQuote = quote;
  }
  return at === start ? null : { start, end: at };
}

function opens(text: string, start: number, at: number): boolean {
  return BEFORE_OPENING.test(text.charAt(at - 1)) || (at - start <= 20 && SHORT_OPTION.test(text.slice(start, at)));
}

/** `'a'"$b"'c'` is one word; behind the last quote of a JSON string stands something else. */
function follows(text: string, open: number, quote: string, last: string): boolean {
  const isSameDepth = quote.length === last.length || quote === "'" || last === "'";
  return isSameDepth && /[^\s,:}\]]/.test(text.charAt(open));
}

/** Where the other quote begins; -1 = the text, or the string in which all this stands, ends before. */
function closingQuote(text: string, from: number, quote: string): number {
  const mark = quote.slice(-1);
  let at = text.indexOf(mark, from);
  while (at >= 0 && at - from < FAR) {
    let slashes = 0;
    while (at - slashes > from && text[at - slashes - 1] === '\\') slashes += 1;
    if (slashes === quote.length - 1) return at - slashes;
    if (slashes < quote.length - 1) return -1;
    at = text.indexOf(mark, at + 1);
  }
  return -1;
}

function endOfPart(text: string, from: number): number {
  return Math.max(from, run(PLAIN, text, from));
}

/** Without the quotes around it. */
function bare(text: string, { start, end }: Span): Span {
  const from = run(QUOTE, text, start);
  if (from < 0) return { start, end };
  const quote = text.slice(start, from);
  return {
    start: from,
    end: end - quote.length >= from && text.startsWith(quote, end - quote.length) ? end - quote.length : end,
  };
}

/** 0 = none. */
function optionLength(text: string, { start, end }: Span): number {
  return OPTION.exec(text.slice(start, Math.min(end, start + 40)))?.[0].length ?? 0;
}

/** Prose about curl: what the next sentence says is none of its arguments. */
function endsSentence(text: string, at: number): boolean {
  return (
    /[.!?]/.test(text.charAt(at - 1)) && /^\s+[A-Z]/.test(text.slice(at, at + 4)) && /\w/.test(text.charAt(at - 2))
  );
}

/** A value never goes on in another line, nor behind a quote that may end the string in which all this stands. */
const VALUE = /^(?:[^\r\n"\\]|\\+[^\r\n\\])*/;

/** `name:password`: the password, or both when the name looks like a key. */
function noteSecret(text: string, { start, end }: Span, found: Span[], mustLookLikeKey: boolean): void {
  const value = VALUE.exec(text.slice(start, end))?.[0] ?? '';
  const colon = value.indexOf(':');
  if (colon < 1 || /^\s/.test(value) || SAME_NUMBERS.test(value)) return;
  const secret = value.slice(colon + 1);
  if (mustLookLikeKey && !LIKE_A_KEY.test(secret)) return;
  if (!mustLookLikeKey && LIKE_A_KEY.test(value.slice(0, colon))) found.push({ start, end: start + colon });
  if (isSecret(secret)) found.push({ start: start + colon + 1, end: start + value.length });
}

/** A key that is known by its look keeps its family and its end; `https://...` is where the password was forgotten. */
function isSecret(text: string): boolean {
  return !PLACEHOLDER.test(text) && !text.startsWith('//') && !isMasked(maskPatterns(text));
}

function run(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
