import { type KeyboardEvent, type ReactNode, useId } from 'react';

export interface Tab {
  id: string;
  title: string;
  content: () => ReactNode;
}

const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowLeft: (index, count) => (index + count - 1) % count,
  ArrowRight: (index, count) => (index + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Only the open one is made. Which one is open stands in the address: the caller keeps it. Arrows go along the list. */
export function Tabs({
  tabs,
  open,
  onOpen,
  label,
}: {
  tabs: readonly Tab[];
  open: string;
  onOpen: (id: string) => void;
  label: string;
}) {
  const base = useId();
  const index = Math.max(
    0,
    tabs.findIndex(({ id }) => id === open),
  );
  const current = tabs[index];
  const walk = (event: KeyboardEvent<HTMLDivElement>): void => {
    const to = tabs[STEPS[event.key]?.(index, tabs.length) ?? -1];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onOpen(to.id);
    document.getElementById(`${base}${to.id}`)?.focus();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div
        role="tablist"
        tabIndex={-1}
        aria-label={label}
        onKeyDown={walk}
        className="flex shrink-0 gap-1 overflow-x-auto border-b border-line px-3"
      >
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            id={`${base}${id}`}
            type="button"
            role="tab"
            aria-selected={id === current?.id}
            aria-controls={id === current?.id ? `${base}panel` : undefined}
            tabIndex={id === current?.id ? 0 : -1}
            onClick={() => onOpen(id)}
            className="h-8 border-b-2 border-transparent px-2 whitespace-nowrap text-muted hover:text-text aria-selected:border-accent aria-selected:text-text"
          >
            {title}
          </button>
        ))}
      </div>
      {current !== undefined && (
        <div
          key={current.id}
          id={`${base}panel`}
          role="tabpanel"
          aria-labelledby={`${base}${current.id}`}
          tabIndex={0}
          className="min-h-0 flex-1 overflow-auto"
        >
          {current.content()}
        </div>
      )}
    </div>
  );
}
