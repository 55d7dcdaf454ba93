/** What a human said in a request, in a line. Pure. */
import type { Conversation, ViewMessage } from '../api/shapes.ts';
import { visibleText } from '../call/text/marks.ts';

const MOST = 200;

/** Null = no words of a user are new in it. */
export function firstWords({ messages }: Pick<Conversation, 'messages'>): string | null {
  const texts = messages.filter(({ role }) => role === 'user').flatMap(textsOf);
  // Coding agents put notes of their own, in tags, before and behind what a human wrote.
  const text = texts.find((one) => !one.trimStart().startsWith('<')) ?? texts.at(-1);
  if (text === undefined) return null;
  const line = text.slice(0, MOST).replaceAll(/\s+/g, ' ').trim();
  return line === '' ? null : visibleText(line);
}

function textsOf({ parts }: ViewMessage): string[] {
  return parts.flatMap((part) => (part.type === 'text' && part.text.trim() !== '' ? [part.text] : []));
}
