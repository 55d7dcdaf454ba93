import { createRequire } from 'node:module';
import type { CountTokens } from './estimate.ts';

interface Encoding {
  countTokens(text: string, options: { disallowedSpecial: ReadonlySet<string> }): number;
  setMergeCacheSize(size: number): void;
}

const require = createRequire(import.meta.url);
/** What looks like a special token in somebody's text is text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() } as const;

/**
 * o200k_base. Its table takes 0.1 s to load and 40 to 70 MB to hold, so that it is loaded with the first text that must
 * be counted: most daemons never need it. Synchronous, so that calls are recorded in the order in which they ended.
 */
export function lazyTokenizer(): CountTokens {
  let encoding: Encoding | null = null;
  return (text) => {
    encoding ??= load();
    return encoding.countTokens(text, AS_TEXT);
  };
}

function load(): Encoding {
  const encoding = require('gpt-tokenizer/encoding/o200k_base') as Encoding;
  // Its cache would keep words of calls, and with them the whole bodies that they were cut from.
  encoding.setMergeCacheSize(0);
  return encoding;
}
