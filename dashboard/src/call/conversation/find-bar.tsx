import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { Conversation } from '../../api/shapes.ts';
import { whole } from '../../format/numbers.ts';
import { useKeys } from '../../keyboard/keys.ts';
import { Button } from '../../kit/button.tsx';
import { type Place, placesOf } from './rows.ts';
import { isCut, type Told } from './turns.ts';

interface FindBarProps {
  conversation: Conversation;
  told: Told;
  query: string;
  onQuery: (query: string) => void;
  onPlace: (place: Place) => void;
  onClose: () => void;
  /** The past is on its way. */
  isLoading: boolean;
}

/** Find in this conversation, folds and what is out of sight included. */
export function FindBar({ conversation, told, query, onQuery, onPlace, onClose, isLoading }: FindBarProps) {
  const input = useRef<HTMLInputElement>(null);
  const wanted = useDeferredValue(query);
  const places = useMemo(() => placesOf(conversation, told, wanted), [conversation, told, wanted]);
  // Which of the places of which words: other words begin anew.
  const [gone, setGone] = useState({ wanted: '', at: -1 });
  const at = gone.wanted === wanted ? gone.at : -1;
  useEffect(() => input.current?.focus(), []);
  const hasCut = useMemo(() => cutParts(conversation), [conversation]);
  useKeys([{ keys: 'Escape', does: 'end finding', where: 'conversation', run: onClose }]);
  const go = (step: number): void => {
    if (places.length === 0) return;
    const next = (at + step + places.length) % places.length;
    setGone({ wanted, at: next });
    const place = places[next];
    if (place !== undefined) onPlace(place);
  };
  return (
    <div role="search" className="flex flex-wrap items-center gap-2 border-b border-line bg-raised px-4 py-1">
      <input
        ref={input}
        type="text"
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          go(event.shiftKey ? -1 : 1);
        }}
        placeholder="Find in this conversation"
        aria-label="Find in this conversation"
        className="h-7 min-w-40 flex-1 rounded-chip border border-line bg-surface px-2"
      />
      <span aria-live="polite" className="text-sm whitespace-nowrap text-muted">
        {isLoading ? 'loading …' : wanted === '' ? '' : resultWords(places.length, at)}
      </span>
      <Button look="quiet" disabled={places.length === 0} onClick={() => go(-1)} title="Shift+Enter">
        Before
      </Button>
      <Button look="quiet" disabled={places.length === 0} onClick={() => go(1)} title="Enter">
        Next
      </Button>
      <Button look="quiet" onClick={onClose} title="Esc">
        Close
      </Button>
      {hasCut && wanted !== '' && (
        <span className="w-full text-sm text-muted">
          Long texts are searched as far as they are loaded here; the search of all calls knows them whole.
        </span>
      )}
    </div>
  );
}

function resultWords(count: number, at: number): string {
  if (count === 0) return 'nowhere';
  const places = `${whole(count)} ${count === 1 ? 'place' : 'places'}`;
  return at === -1 ? places : `${whole(at + 1)} of ${places}`;
}

function cutParts({ messages, answer }: Conversation): boolean {
  return [...messages, ...(answer === null ? [] : [answer])].some(({ parts }) => parts.some(isCut));
}
