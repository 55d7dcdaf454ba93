/** Texts of any length: short ones as they are, long ones as far as the reader asks. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '../../format/numbers.ts';
import { Button } from '../../kit/button.tsx';
import { Failure } from '../../kit/states.tsx';
import { Markdown } from '../markdown.tsx';
import { beginning } from './beginning.ts';
import { PlainText } from './plain-text.tsx';
import { VirtualLines } from './virtual-lines.tsx';

export type Look = 'markdown' | 'plain' | 'mono';

interface LongTextProps {
  text: string;
  /** Characters of the whole text; more than `text` has when it was cut on its way here. */
  chars: number;
  look: Look;
  /** Characters that are shown before the reader asks for more. */
  first?: number;
  /** Of a text that may have been cut: what its whole is remembered by, and how to get it. */
  source?: { key: readonly unknown[]; load: (signal: AbortSignal) => Promise<string> };
}

/** Characters. */
const FIRST = 12_000;
const STEP = 256 * 1024;
const AS_LINES = 1024 * 1024;
const MOST_MARKDOWN = 100_000;

export function LongText({ text, chars, look, source, first = FIRST }: LongTextProps) {
  const [shown, setShown] = useState(first);
  const rest = useRest(text, source, text.length < chars && shown > text.length);
  if (shown > first && chars > AS_LINES && rest.text.length === chars) {
    return <VirtualLines text={rest.text} label="The whole text" />;
  }
  const part = beginning(rest.text, shown);
  const left = chars - part.length;
  return (
    <>
      <Shown text={part} look={lookOf(look, left === 0 && part.length <= MOST_MARKDOWN)} />
      {rest.failure}
      {left > 0 && (
        <More left={left} chars={chars} isBusy={rest.isBusy} onMore={() => setShown((before) => before + STEP)} />
      )}
    </>
  );
}

/** All of a text that came cut, when it is wanted. */
function useRest(text: string, source: LongTextProps['source'], isWanted: boolean) {
  const asked = useQuery({
    queryKey: source?.key ?? ['whole text'],
    queryFn: ({ signal }) => source?.load(signal) ?? text,
    enabled: source !== undefined && isWanted,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return {
    text: asked.data ?? text,
    isBusy: asked.isFetching,
    failure: asked.isLoadingError ? <Failure error={asked.error} onRetry={() => void asked.refetch()} /> : null,
  };
}

/** Half of a text may be half of a table, half of a link: markdown is made of whole ones. */
function lookOf(look: Look, isWhole: boolean): Look {
  return look === 'markdown' && !isWhole ? 'plain' : look;
}

interface MoreProps {
  /** Characters. */
  left: number;
  chars: number;
  isBusy: boolean;
  onMore: () => void;
}

function More({ left, chars, isBusy, onMore }: MoreProps) {
  return (
    <p className="mt-1">
      <Button disabled={isBusy} onClick={onMore}>
        {isBusy ? 'Loading …' : more(left, chars)}
      </Button>
    </p>
  );
}

function more(left: number, chars: number): string {
  if (chars > AS_LINES) return `Open all ${bytes(chars)} as lines`;
  return left > STEP ? `Show ${bytes(STEP)} more of ${bytes(left)}` : `Show the other ${bytes(left)}`;
}

function Shown({ text, look }: { text: string; look: Look }) {
  if (look === 'markdown') return <Markdown text={text} />;
  return <PlainText text={text} mono={look === 'mono'} />;
}
