import type { ReactNode } from 'react';
import type { HitText } from '../api/shapes.ts';

const PLACES: Record<string, string> = {
  request: 'request',
  response: 'answer',
  call: 'about the call',
};

/** One line of where the words stand, and whose words they are. */
export function Snippet({ text }: { text: HitText }) {
  if (text.snippet === null) return null;
  const place = text.role ?? PLACES[text.side ?? ''] ?? '';
  const kind =
    text.kind === null || text.kind === 'message' || text.kind === place ? '' : ` ${text.kind.replaceAll('_', ' ')}`;
  return (
    <>
      <span className="mr-2 text-faint">
        {place}
        {kind}
      </span>
      <bdi>{marked(text.snippet, text.marks)}</bdi>
    </>
  );
}

function marked(snippet: string, marks: HitText['marks']): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at || end > snippet.length) continue;
    parts.push(snippet.slice(at, start));
    parts.push(
      <mark key={start} className="rounded-chip bg-accent-weak font-semibold text-text">
        {snippet.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  parts.push(snippet.slice(at));
  return parts;
}
