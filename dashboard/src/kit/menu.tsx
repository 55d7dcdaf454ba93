import { Fragment, type KeyboardEvent, useId, useRef, useState } from 'react';
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

const GAP_PX = 4;

/** A button and what it offers. The browser closes it (Escape, a click elsewhere) and gives the focus back. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const opened = (now: boolean): void => {
    setIsOpen(now);
    if (!now || trigger.current === null || list.current === null) return;
    place(list.current, trigger.current.getBoundingClientRect());
    optionsOf(list.current)[0]?.focus();
  };
  return (
    <>
      <Button ref={trigger} popoverTarget={id} aria-haspopup="menu" aria-expanded={isOpen}>
        {label} <span aria-hidden="true">▾</span>
      </Button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        onToggle={(event) => opened(event.newState === 'open')}
        onKeyDown={walk}
        className="m-0 min-w-44 rounded-panel border border-line bg-surface p-1 text-text shadow-float"
      >
        {items.map((item) => (
          <Fragment key={item.name}>
            {item.apart === true && <hr className="my-1 border-line" />}
            <Item item={item} onChosen={() => list.current?.hidePopover()} />
          </Fragment>
        ))}
      </div>
    </>
  );
}

function Item({ item: { name, run, off, danger, keys }, onChosen }: { item: MenuItem; onChosen: () => void }) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      aria-disabled={off !== undefined}
      title={off}
      onClick={() => {
        if (off !== undefined) return;
        // The focus is back on the button before anything else may take it.
        onChosen();
        run();
      }}
      className={`flex min-h-7 w-full items-center justify-between gap-4 rounded-chip px-2 text-left hover:bg-raised focus:bg-raised focus:outline-none aria-disabled:cursor-not-allowed aria-disabled:opacity-50 ${danger === true ? 'text-bad' : ''}`}
    >
      {name}
      {keys !== undefined && <kbd className="font-mono text-sm text-muted">{keys}</kbd>}
    </button>
  );
}

/** Below the button, right edges in line; above it where there is no room. */
function place(list: HTMLElement, { right, top, bottom }: DOMRect): void {
  const { width, height } = list.getBoundingClientRect();
  const isAbove = bottom + GAP_PX + height > window.innerHeight && top - GAP_PX - height >= 0;
  list.style.left = `${Math.max(GAP_PX, right - width)}px`;
  list.style.top = `${isAbove ? top - GAP_PX - height : bottom + GAP_PX}px`;
}

function optionsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

/** Arrows, Home, End, and the first letter of a name. */
function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const options = optionsOf(event.currentTarget);
  const at = options.indexOf(document.activeElement as HTMLElement);
  const to = targetOf(event.key, options, at);
  // Keys of the page wait while a menu is open; Escape is the browser's.
  event.stopPropagation();
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}

function targetOf(key: string, options: readonly HTMLElement[], at: number): HTMLElement | undefined {
  switch (key) {
    case 'ArrowDown':
      return options[(at + 1) % options.length];
    case 'ArrowUp':
      return options.at(at <= 0 ? -1 : at - 1);
    case 'Home':
      return options[0];
    case 'End':
      return options.at(-1);
    default: {
      if (key.length !== 1 || key === ' ') return undefined;
      const behind = [...options.slice(at + 1), ...options.slice(0, at + 1)];
      return behind.find(({ textContent }) => textContent?.toLowerCase().startsWith(key.toLowerCase()));
    }
  }
}
