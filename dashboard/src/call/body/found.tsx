import type { ReactNode } from 'react';
import { Marked } from '../text/plain-text.tsx';

/** A text with the words that were looked for marked in it; what cannot be seen in it is named. */
export function Found({ text, query }: { text: string; query: string | null }): ReactNode {
  if (query === null || query === '') return <Marked text={text} />;
  const lower = text.toLowerCase();
  // Letters that change their length with their case would move the marks.
  if (lower.length !== text.length) return <Marked text={text} />;
  const words = query.toLowerCase();
  const pieces: ReactNode[] = [];
  let end = 0;
  for (let at = lower.indexOf(words); at >= 0; at = lower.indexOf(words, end)) {
    pieces.push(<Marked key={`before ${at}`} text={text.slice(end, at)} />);
    pieces.push(
      <mark key={at} className="rounded-chip bg-warn text-surface">
        {text.slice(at, at + words.length)}
      </mark>,
    );
    end = at + words.length;
  }
  pieces.push(<Marked key="rest" text={text.slice(end)} />);
  return pieces;
}
