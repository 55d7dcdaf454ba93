import { memo } from 'react';
import { piecesOf } from './marks.ts';

/** A text as it is, every line in the direction of its own script; what cannot be seen in it is marked. */
export const PlainText = memo(function PlainText({ text, mono = false }: { text: string; mono?: boolean }) {
  return (
    <div
      className={`break-words whitespace-pre-wrap [unicode-bidi:plaintext] ${mono ? 'font-mono text-sm' : 'max-w-[76ch]'}`}
    >
      <Marked text={text} />
    </div>
  );
});

/** Within a line. */
export function Marked({ text }: { text: string }) {
  const pieces = piecesOf(text);
  if (pieces.length === 1 && pieces[0]?.kind === 'text') return text;
  return pieces.map((piece, index) =>
    piece.kind === 'text' ? (
      piece.text
    ) : (
      // oxlint: pieces of one text have no names of their own, and never change places.
      <bdi key={`${index}-${piece.label}`} title={piece.why} className={MARK}>
        {piece.label}
      </bdi>
    ),
  );
}

/** Of what stands in the place of something that cannot be seen. */
export const MARK = 'rounded-chip bg-raised px-0.5 font-mono text-xs text-warn';
