/**
 * Secrets that can be told by their look, anywhere in a text. Linear time on any input: one finder runs once over the
 * text, each hit is judged by a sticky expression that consumes what it reads or stops after a bounded number of characters.
 */

/** A secret found at a hit of the finder. */
interface Found {
  /** First and last+1 character to replace. */
  start: number;
  end: number;
  replacement: string;
}

/** Nothing here; `resume` is where the search may go on. */
interface Missed {
  resume: number;
}

type Judge = (text: string, hit: number, prefix: string) => Found | Missed;

/** Characters that a secret must have beyond its family before its last four are shown. */
const MIN_FOR_LAST_FOUR = 12;

/** `sk-ant-` + `...` + last four characters; the last four only of a long secret. */
export function maskTail(family: string, secret: string): string {
  return secret.length >= MIN_FOR_LAST_FOUR ? `${family}...${secret.slice(-4)}` : `${family}...`;
}

const isAlphanumeric = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

const ESCAPE_BEFORE = /(?:\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})$/;

/** True unless a word runs into `index`: `task-` is no `sk-`, but `\nsk-` (escaped JSON) and `%3Dsk-` are. */
export function startsWord(text: string, index: number): boolean {
  if (index === 0 || !isAlphanumeric(text.charCodeAt(index - 1))) return true;
  return ESCAPE_BEFORE.test(text.slice(Math.max(0, index - 6), index));
}

function run(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** `prefix` + `tail` at the beginning of a word. */
function word(tail: RegExp): Judge {
  return (text, hit, prefix) => {
    const from = hit + prefix.length;
    const end = run(tail, text, from);
    if (end < 0 || !startsWord(text, hit)) return { resume: from };
    return { start: hit, end, replacement: maskTail(prefix, text.slice(from, end)) };
  };
}

/** Prefixes that no word ends in: no look at what stands before. */
function anywhere(tail: RegExp): Judge {
  return (text, hit, prefix) => {
    const from = hit + prefix.length;
    const end = run(tail, text, from);
    if (end < 0) return { resume: from };
    return { start: hit, end, replacement: maskTail(prefix, text.slice(from, end)) };
  };
}

const SK_FAMILY = /sk-(?:ant-|proj-|svcacct-|admin-|or-v1-)/y;
const SK_TAIL = /[\w-]{8,}/y;
const SK_GENERIC = word(/[\w-]{20,}/y);

const openAiStyle: Judge = (text, hit, prefix) => {
  const from = run(SK_FAMILY, text, hit);
  if (from < 0) return SK_GENERIC(text, hit, prefix);
  const end = run(SK_TAIL, text, from);
  if (end < 0) return { resume: from };
  return { start: hit, end, replacement: maskTail(text.slice(hit, from), text.slice(from, end)) };
};

const SEGMENT = /[\w-]+/y;

/** Three base64url segments. A run without its dots is skipped as a whole, or `eyJeyJeyJ...` would cost quadratic time. */
const jwt: Judge = (text, hit) => {
  const first = run(SEGMENT, text, hit);
  if (text[first] !== '.') return { resume: first };
  const second = run(SEGMENT, text, first + 1);
  if (second < 0 || text[second] !== '.') return { resume: first };
  const end = run(SEGMENT, text, second + 1);
  if (end < 0) return { resume: first };
  return { start: hit, end, replacement: maskTail('eyJ', text.slice(hit, end)) };
};

const PEM_KIND = /[A-Z ]{0,40}PRIVATE KEY-----/y;
const PEM_BODY = /(?:[A-Za-z0-9+/=\s\\:,]|-(?!-))*/y;

const privateKey: Judge = (text, hit, prefix) => {
  const from = run(PEM_KIND, text, hit + prefix.length);
  if (from < 0) return { resume: hit + prefix.length };
  const end = run(PEM_BODY, text, from);
  return end === from ? { resume: from } : { start: from, end, replacement: '[masked]' };
};

const BEARER = /[\w.~+/=|-]{16,}/y;
const bearer: Judge = (text, hit, prefix) => {
  const from = hit + prefix.length;
  const end = run(BEARER, text, from);
  if (end < 0) return { resume: from };
  return { start: from, end, replacement: maskTail('', text.slice(from, end)) };
};

const BASE64 = /[A-Za-z0-9+/]{4,8192}={0,2}/y;

/** `Basic` is also a word: only base64 of something with a colon is a credential. */
const basic: Judge = (text, hit, prefix) => {
  const from = hit + prefix.length;
  const end = run(BASE64, text, from);
  if (end < 0 || !Buffer.from(text.slice(from, end), 'base64').includes(':')) return { resume: from };
  return { start: from, end, replacement: '[masked]' };
};

const USER_INFO = /[^\s/?#@"'<>\\]{1,256}@/y;

const userInfo: Judge = (text, hit, prefix) => {
  const from = hit + prefix.length;
  const end = run(USER_INFO, text, from);
  if (end < 0) return { resume: from };
  const part = text.slice(from, end - 1);
  // `git@` names an account of everyone, not a secret.
  if (!part.includes(':') && part.length < 16) return { resume: end };
  return { start: from, end: end - 1, replacement: '[masked]' };
};

const QUERY_VALUE = /[^&\s"'#\\<>`)\]]{8,}/y;

const QUERY_FAMILY = /^(?:sk-(?:ant-|proj-)?|AIza|ya29\.)/;

const queryParameter: Judge = (text, hit, prefix) => {
  const from = hit + prefix.length;
  const end = run(QUERY_VALUE, text, from);
  if (end < 0) return { resume: from };
  const value = text.slice(from, end);
  // Masked already: masking twice changes nothing.
  if (isMasked(value)) return { resume: end };
  const family = QUERY_FAMILY.exec(value)?.[0] ?? '';
  return { start: from, end, replacement: maskTail(family, value.slice(family.length)) };
};

const copilot: Judge = word(/[\w.-]{1,200};exp=\d+[\w.;=:%+/-]*/y);

const JUDGES: Readonly<Record<string, Judge>> = {
  'sk-': openAiStyle,
  'csk-': word(/[a-z0-9]{16,}/y),
  sk_: word(/\w{24,}/y),
  ek_: word(/\w{16,}/y),
  gsk_: word(/[A-Za-z0-9]{20,}/y),
  AIza: word(/[\w-]{35,}/y),
  'ya29.': word(/[\w.-]{8,}/y),
  'auth_tokens/': anywhere(/\w{4,}/y),
  '1//': word(/[\w-]{20,}/y),
  AKIA: word(/[A-Z0-9]{16,}/y),
  ASIA: word(/[A-Z0-9]{16,}/y),
  ABSK: word(/[A-Za-z0-9+/=]{40,}/y),
  'bedrock-api-key-': anywhere(/[\w+/=-]{8,}/y),
  hf_: word(/[A-Za-z0-9]{20,}/y),
  'xai-': word(/[A-Za-z0-9]{20,}/y),
  r8_: word(/[A-Za-z0-9]{20,}/y),
  'pplx-': word(/[A-Za-z0-9]{20,}/y),
  fw_: word(/[A-Za-z0-9]{16,}/y),
  'nvapi-': word(/[\w-]{16,}/y),
  github_pat_: anywhere(/\w{16,}/y),
  vck_: word(/\w{16,}/y),
  tgp_v1_: anywhere(/[\w-]{8,}/y),
  'pa-': word(/[\w-]{30,}/y),
  jina_: word(/\w{16,}/y),
  'xoxb-': anywhere(/[\w-]{10,}/y),
  'xoxp-': anywhere(/[\w-]{10,}/y),
  eyJ: jwt,
  'tid=': copilot,
  '-----BEGIN': privateKey,
  'Bearer ': bearer,
  'bearer ': bearer,
  'Basic ': basic,
  'basic ': basic,
  '://': userInfo,
};

const gitHub = word(/[A-Za-z0-9]{30,}/y);

/**
 * The end of a prefix that may begin a secret, looked at backwards: most prefixes end in a character that is rare in
 * text, and a search for those alone skips the rest (1.2 to 1.5 GB/s on JSON of plain English; the same prefixes read
 * forwards 0.38). A longer prefix stands before one that it ends in. Group: the prefix, where it lies before the hit.
 */
const FINDER =
  /-(?:----BEGIN|(?<=(csk-|sk-|xai-|pplx-|nvapi-|pa-|xox[bp]-|bedrock-api-key-)))|_(?<=(gsk_|sk_|ek_|hf_|r8_|fw_|gh[opusr]_|github_pat_|vck_|tgp_v1_|jina_))|\.(?<=(ya29\.))|\/(?<=(:\/\/|1\/\/|auth_tokens\/))|=(?<=(tid=|[?&](?:key|sig|code|token|api[-_]?key|access_token|client_secret|subscription-key|X-Amz-(?:Signature|Security-Token|Credential))=))|A(?:Iza|KIA|SIA|BSK)|eyJ|[Bb]earer |[Bb]asic /g;

function judgeOf(prefix: string): Judge {
  const judge = JUDGES[prefix];
  if (judge !== undefined) return judge;
  return prefix.startsWith('gh') ? gitHub : queryParameter;
}

function prefixOf(match: RegExpExecArray): string {
  return match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? match[0];
}

/** The text with every secret that can be told by its look replaced. */
export function maskPatterns(text: string): string {
  // A copy per call: judges may search inside a value.
  let at = 0;
  let done = 0;
  let out = '';
  for (;;) {
    FINDER.lastIndex = at;
    const match = FINDER.exec(text);
    if (match === null) break;
    const prefix = prefixOf(match);
    const hit = FINDER.lastIndex - prefix.length;
    // What begins in a part that was judged is none of its own.
    const verdict = hit < at ? { resume: FINDER.lastIndex } : judgeOf(prefix)(text, hit, prefix);
    if ('resume' in verdict) {
      at = verdict.resume;
      continue;
    }
    out += text.slice(done, verdict.start) + verdict.replacement;
    done = verdict.end;
    at = verdict.end;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** True for what this module writes in a secret's place. */
export function isMasked(value: string): boolean {
  if (value.includes('[masked]')) return true;
  // Asked first: the pattern tries each of its sixty characters, for every key that is no mask.
  return value.includes('...') && /^[\w ./-]{0,60}\.\.\.[^\s.]{0,4}$/.test(value);
}
