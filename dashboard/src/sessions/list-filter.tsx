import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { get } from '../api/client.ts';
import type { PeriodStats } from '../api/shapes.ts';
import { useKeys } from '../keyboard/keys.ts';
import { periodOf } from '../url/range.ts';
import type { Route } from '../url/route.ts';
import { useSetParams } from '../url/use-route.ts';
import { sessionFilterOf, withProvider } from './filter.ts';

const DEBOUNCE_MS = 150;

/** By provider, client and words of the title; it stands in the address. */
export function ListFilter({ route, filter }: { route: Route; filter: string }) {
  const setParams = useSetParams();
  const { provider, ignored } = sessionFilterOf(filter);
  const isAll = route.params.has('subagents');
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1.5">
      <FilterText filter={filter} />
      <select
        aria-label="Provider"
        value={provider ?? ''}
        onChange={(event) =>
          setParams({ filter: withProvider(filter, event.target.value === '' ? null : event.target.value) })
        }
        className="h-7 max-w-40 rounded-chip border border-line bg-bg px-1 text-sm"
      >
        <option value="">all providers</option>
        <Providers route={route} chosen={provider} />
      </select>
      <label className="inline-flex items-center gap-1.5 text-sm whitespace-nowrap text-muted">
        <input
          type="checkbox"
          checked={isAll}
          onChange={() => setParams({ subagents: isAll ? null : '1' })}
          className="accent-(--accent)"
        />
        sub-agents too
      </label>
      {ignored.length > 0 && (
        <p role="status" className="w-full text-sm text-muted">
          Not looked at here, only in the list of calls: <bdi>{ignored.join(' ')}</bdi>
        </p>
      )}
    </div>
  );
}

export function FilterText({
  filter,
  label = 'Filter sessions: words of the title, an id, client:claude-code',
}: {
  filter: string;
  label?: string;
}) {
  const setParams = useSetParams();
  const [text, setText] = useState(filter);
  const said = useRef(filter);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (filter === said.current) return;
    clearTimeout(timer.current);
    said.current = filter;
    setText(filter);
  }, [filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useKeys([{ keys: '/', does: 'filter', where: 'sessions', run: () => input.current?.focus() }]);
  const say = (next: string): void => {
    clearTimeout(timer.current);
    // As it comes back: a space at the end is the beginning of the next word.
    said.current = next.trim();
    setParams({ filter: said.current }, true);
  };
  return (
    <input
      ref={input}
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => say(next), DEBOUNCE_MS);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') say(text);
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        input.current?.blur();
      }}
      className="h-7 min-w-0 flex-1 rounded-chip border border-line bg-bg px-2 text-ellipsis placeholder:text-muted"
    />
  );
}

function Providers({ route, chosen }: { route: Route; chosen: string | null }) {
  const { since } = periodOf(route.params);
  const stats = useQuery({
    queryKey: ['providers', since],
    queryFn: ({ signal }) =>
      get<PeriodStats>('/api/stats', { since: since ?? '1970-01-01T00:00:00Z', group: 'provider' }, signal),
    staleTime: 60_000,
  });
  const names = new Set(stats.data?.groups?.flatMap(({ key }) => key ?? []));
  if (chosen !== null) names.add(chosen);
  return [...names].toSorted().map((name) => (
    <option key={name} value={name}>
      {name}
    </option>
  ));
}
