import { useRef } from 'react';
import { useKeys } from '../../keyboard/keys.ts';
import { Button } from '../../kit/button.tsx';
import { useRoute, useSetParams } from '../../url/use-route.ts';
import { type Found, foundText } from './use-find.ts';

/** What is looked for stands in the address. */
export function FindBox({ label, found }: { label: string; found: Found | null }) {
  const input = useRef<HTMLInputElement>(null);
  const query = useRoute().params.get('find') ?? '';
  const setParams = useSetParams();
  useKeys([{ keys: 'f', does: 'find in the body', where: 'call', run: () => input.current?.focus() }]);
  const step = (by: 1 | -1): void => found?.step(by);
  return (
    <search className="flex items-center gap-1">
      <input
        ref={input}
        type="search"
        value={query}
        placeholder="Find"
        aria-label={label}
        onChange={(event) => setParams({ find: event.target.value }, true)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') {
            setParams({ find: null }, true);
            input.current?.blur();
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
        className="h-6 w-36 rounded-chip border border-line bg-surface px-2 text-sm"
      />
      <span aria-live="polite" className="text-sm whitespace-nowrap text-muted">
        {found === null ? '' : foundText(found)}
      </span>
      {found !== null && found.of > 1 && (
        <>
          <Button look="quiet" onClick={() => step(-1)} title="Shift+Enter" aria-label="One before">
            <span aria-hidden="true">↑</span>
          </Button>
          <Button look="quiet" onClick={() => step(1)} title="Enter" aria-label="Next one">
            <span aria-hidden="true">↓</span>
          </Button>
        </>
      )}
    </search>
  );
}
