/** One part of what was said: a text, a thought, a picture. */
import type { ViewPart } from '../../api/shapes.ts';
import { whole } from '../../format/numbers.ts';
import { LongText, type Look } from '../text/long-text.tsx';
import { KeptFold, useScope, wholePart } from './context.tsx';
import { Media } from './media.tsx';
import { Share } from './share.tsx';
import type { PartPlace, PlainPart } from './turns.ts';

type TextPart = Extract<ViewPart, { type: 'text' | 'thinking' }>;

export function Part({ id, part, place, role }: { id: string; part: PlainPart; place: PartPlace; role: string }) {
  switch (part.type) {
    case 'text':
      return (
        <TextOf part={part} place={place} look={role === 'system' || role === 'developer' ? 'plain' : 'markdown'} />
      );
    case 'thinking':
      return <Thinking id={id} part={part} place={place} />;
    case 'image':
    case 'audio':
    case 'file':
      return <Media media={part} />;
  }
}

export function TextOf({ part, place, look, first }: { part: TextPart; place: PartPlace; look: Look; first?: number }) {
  const { call, isRaw } = useScope();
  if (part.chars === 0) return <p className="text-faint">(an empty text)</p>;
  return (
    <LongText
      text={part.text}
      chars={part.chars}
      look={isRaw && look === 'markdown' ? 'plain' : look}
      {...(first === undefined ? {} : { first })}
      source={{
        key: ['conversation', call, 'part', place.message, ...place.path],
        load: async (signal) => textIn(await wholePart(call, place, signal)),
      }}
    />
  );
}

function textIn(part: ViewPart): string {
  return part.type === 'text' || part.type === 'thinking' ? part.text : part.type === 'tool_call' ? part.arguments : '';
}

function Thinking({
  id,
  part,
  place,
}: {
  id: string;
  part: Extract<ViewPart, { type: 'thinking' }>;
  place: PartPlace;
}) {
  const isAnswer = place.message === null;
  if (part.redacted || part.chars === 0) {
    return (
      <p className="flex min-h-7 items-center gap-2 text-muted">
        <span aria-hidden="true" className="w-3" />
        thinking, {part.redacted ? 'which the provider keeps to itself' : 'of which nothing was told'}
        {part.tokens !== null && part.tokens > 0 && <Share tokens={part.tokens} isOfAnswer={isAnswer} />}
      </p>
    );
  }
  const label = (
    <>
      <span>thinking</span>
      {part.tokens === null ? (
        <span className="text-sm">{whole(part.chars)} characters</span>
      ) : (
        <Share tokens={part.tokens} isOfAnswer={isAnswer} />
      )}
    </>
  );
  return (
    <KeptFold id={id} label={label}>
      <div className="border-l border-line pl-3 text-muted">
        <TextOf part={part} place={place} look="markdown" />
      </div>
    </KeptFold>
  );
}
