import { DropdownMenu } from 'radix-ui';
import { Fragment } from 'react';
import { Button } from './button.tsx';

export interface MenuItem {
  name: string;
  run: () => void;
  /** Why it cannot be chosen. */
  off?: string;
  danger?: boolean;
  /** That does the same. */
  keys?: string;
  /** It begins a group: a line stands above it. */
  apart?: boolean;
}

/** Not modal: a modal one would put a style element into the page, which its policy forbids. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button>
          {label} <span aria-hidden="true">▾</span>
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-40 min-w-44 rounded-panel border border-line bg-surface p-1 shadow-float"
        >
          {items.map((item) => (
            <Fragment key={item.name}>
              {item.apart === true && <DropdownMenu.Separator className="my-1 h-px bg-line" />}
              <Item item={item} />
            </Fragment>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ item: { name, run, off, danger, keys } }: { item: MenuItem }) {
  return (
    <DropdownMenu.Item
      disabled={off !== undefined}
      title={off}
      onSelect={run}
      className={`flex min-h-7 items-center justify-between gap-4 rounded-chip px-2 outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-raised ${danger === true ? 'text-bad' : ''}`}
    >
      {name}
      {keys !== undefined && <kbd className="font-mono text-sm text-muted">{keys}</kbd>}
    </DropdownMenu.Item>
  );
}
