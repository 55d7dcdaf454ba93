import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface Tab {
  id: string;
  title: string;
  content: () => ReactNode;
}

/** Only the open one is made. Which one is open stands in the address: the caller keeps it. */
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
  return (
    <Radix.Root value={open} onValueChange={onOpen} className="flex min-h-0 flex-1 flex-col">
      <Radix.List aria-label={label} className="flex shrink-0 gap-1 overflow-x-auto border-b border-line px-3">
        {tabs.map(({ id, title }) => (
          <Radix.Trigger
            key={id}
            value={id}
            className="h-8 border-b-2 border-transparent px-2 whitespace-nowrap text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className="min-h-0 flex-1 overflow-auto">
          {content()}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
