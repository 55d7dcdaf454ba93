/** What the calls that match are made of; a click narrows the list to it. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { Facets } from '../api/shapes.ts';
import { compact, whole } from '../format/numbers.ts';
import { Fold } from '../kit/fold.tsx';
import type { Period } from '../url/range.ts';
import { splitLine, tagOf, withoutTag, withTag } from './filter.ts';

const SHOWN = ['provider', 'model', 'status', 'client', 'customer', 'section', 'agent', 'operation'] as const;
const OPEN: readonly string[] = ['provider', 'model', 'status', 'client'];
const MOST = 12;

export function useFacets({ since, until }: Period, filter: string, enabled: boolean) {
  return useQuery({
    queryKey: ['facets', since, until, filter],
    queryFn: ({ signal }) => get<Facets>('/api/facets', { since, until, q: filter }, signal),
    enabled,
    staleTime: 30_000,
    placeholderData: (before) => before,
  });
}

/** Values to offer behind `name:`, the most frequent first. */
export function valuesOf(facets: Facets | undefined, name: string): string[] {
  const found: Facets['facets'] = facets?.facets ?? {};
  return Object.hasOwn(found, name) ? (found[name] ?? []).flatMap(({ value }) => value ?? []) : [];
}

interface FacetsPanelProps {
  period: Period;
  filter: string;
  onChange: (filter: string) => void;
}

export function FacetsPanel({ period, filter, onChange }: FacetsPanelProps) {
  const facets = useFacets(period, filter, true);
  const { data } = facets;
  const { tags } = splitLine(filter, false);
  const shown = SHOWN.filter((name) => {
    const values = data?.facets[name] ?? [];
    return values.some(({ value }) => value !== null);
  });
  return (
    <aside
      aria-label="Facets"
      className="hidden w-48 shrink-0 flex-col overflow-y-auto border-r border-line bg-surface px-2 py-1 text-sm md:flex"
    >
      {facets.isError && <p className="text-muted">Not to be had at the moment.</p>}
      {shown.map((name) => (
        <Fold key={name} open={OPEN.includes(name)} label={<span className="first-letter:uppercase">{name}</span>}>
          <ul className="-ml-4">
            {(data?.facets[name] ?? []).slice(0, MOST).map(({ value, calls }) => (
              <FacetValue
                key={value ?? ''}
                name={name}
                value={value}
                calls={calls}
                tags={tags}
                onToggle={(tag) => onChange(tags.includes(tag) ? withoutTag(filter, tag) : withTag(filter, tag))}
              />
            ))}
          </ul>
        </Fold>
      ))}
      {data !== undefined && !data.complete && (
        <p className="mt-2 text-muted">Counted in the newest {whole(data.counted)} calls.</p>
      )}
      {data !== undefined && data.counted === 0 && <p className="text-muted">Nothing to count.</p>}
    </aside>
  );
}

interface FacetValueProps {
  name: string;
  value: string | null;
  calls: number;
  tags: readonly string[];
  onToggle: (tag: string) => void;
}

function FacetValue({ name, value, calls, tags, onToggle }: FacetValueProps) {
  const tag = value === null ? null : tagOf(name, value);
  const count = (
    <span className="ml-auto shrink-0 text-muted" title={whole(calls)}>
      {compact(calls)}
    </span>
  );
  if (tag === null) {
    return (
      <li className="flex h-6 items-center gap-2 px-1 text-muted">
        <span className="truncate">{value ?? 'none'}</span>
        {count}
      </li>
    );
  }
  return (
    <li>
      <button
        type="button"
        aria-pressed={tags.includes(tag)}
        onClick={() => onToggle(tag)}
        className="flex h-6 w-full items-center gap-2 rounded-chip px-1 text-left hover:bg-raised aria-pressed:bg-accent-weak"
      >
        <bdi className="truncate" title={value ?? ''}>
          {value}
        </bdi>
        {count}
      </button>
    </li>
  );
}
