import { stripHeaders } from '../wire/head.ts';

/** Ours and LLMObserve's context headers: the recorder reads them, nobody else gets them. Lower-case prefixes. */
export const CONTEXT_HEADERS = ['x-llmobserve-', 'x-llm-proxy-'];

const CONTEXT_LINE = /^x-(?:llmobserve|llm-proxy)-/im;

/** The head without them, or null when nothing is to be cut: there are none, or a signature covers them all. */
export function withoutContext(head: Buffer): Buffer | null {
  const { head: stripped, cut } = stripHeaders(head, CONTEXT_HEADERS);
  return cut.length === 0 ? null : stripped;
}

/** For a head that cannot be read line by line beyond doubt. */
export function mentionsContext(bytes: Buffer): boolean {
  return CONTEXT_LINE.test(bytes.toString('latin1'));
}
