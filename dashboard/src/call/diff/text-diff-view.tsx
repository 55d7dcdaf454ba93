import { memo, useMemo, useState } from 'react';
import { whole } from '../../format/numbers.ts';
import { Marked } from '../text/plain-text.tsx';
import { shortened, textDiff } from './text-diff.ts';

const LOOKS = {
  same: '',
  removed: 'bg-bad/15 text-text line-through decoration-1',
  added: 'bg-ok/15 text-text no-underline',
} as const;

/** Two texts as one, with what was taken out and what came in marked in it. */
export const TextDiff = memo(function TextDiff({ before, after }: { before: string; after: string }) {
  const changes = useMemo(() => textDiff(before, after), [before, after]);
  if (changes === null) {
    return (
      <p className="text-muted">
        They differ in so many places that no difference can be shown: {whole(before.length)} characters before,{' '}
        {whole(after.length)} after.
      </p>
    );
  }
  return (
    <div className="font-mono text-sm break-words whitespace-pre-wrap [unicode-bidi:plaintext]">
      {shortened(changes).map((change, index) => {
        const key = `${index}-${change.kind}`;
        switch (change.kind) {
          case 'hidden':
            return <Hidden key={key} text={change.text} />;
          case 'removed':
            return (
              <del key={key} className={LOOKS.removed}>
                <Marked text={change.text} />
              </del>
            );
          case 'added':
            return (
              <ins key={key} className={LOOKS.added}>
                <Marked text={change.text} />
              </ins>
            );
          case 'same':
            return (
              <span key={key} className="text-muted">
                <Marked text={change.text} />
              </span>
            );
        }
      })}
    </div>
  );
});

function Hidden({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (open) {
    return (
      <span className="text-muted">
        <Marked text={text} />
      </span>
    );
  }
  return (
    <button
      type="button"
      onClick={() => setOpen(true)}
      className="mx-1 rounded-chip border border-line bg-surface px-1 font-sans text-xs text-muted hover:text-text"
    >
      … {whole(text.length)} characters, the same …
    </button>
  );
}
