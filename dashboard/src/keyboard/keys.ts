/** Keys of the whole application: who listens says what it does, and `?` lists it. */
import { useLayoutEffect, useRef, useSyncExternalStore } from 'react';

export interface KeyBinding {
  /** As `KeyboardEvent.key`, or two of them in a row: `g o`. `mod+k` = Ctrl or Cmd. */
  keys: string;
  /** What happens, in words, for the list. */
  does: string;
  /** Where it works, in the list: `everywhere`, `calls` ... */
  where: string;
  run: (event: KeyboardEvent) => void;
}

interface Registered {
  /** The latest of what the component said: it may change with every render. */
  current: KeyBinding[];
}

const SEQUENCE_MS = 1000;
/** The last one to come is asked first: a panel hides the list below it. */
const registered: Registered[] = [];
const watchers = new Set<() => void>();
let listed: readonly KeyBinding[] = [];
let before: { key: string; at: number } | null = null;

function changed(): void {
  listed = registered.flatMap((entry) => entry.current);
  for (const tell of watchers) tell();
}

/** Keys that work while the component is there. Not while the reader types, but for `mod+` ones and Escape. */
export function useKeys(bindings: KeyBinding[]): void {
  const entry = useRef<KeyBinding[]>(bindings);
  entry.current = bindings;
  // Before it is painted: what can be seen takes keys.
  useLayoutEffect(() => {
    registered.push(entry);
    changed();
    return () => {
      registered.splice(registered.indexOf(entry), 1);
      changed();
    };
  }, []);
}

/** All that work now. */
export function useListedKeys(): readonly KeyBinding[] {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => listed,
  );
}

export function startKeyboard(target: Window): void {
  target.addEventListener('keydown', (event) => {
    if (isOurs(event)) pressed(event);
  });
}

function pressed(event: KeyboardEvent): void {
  const mod = event.ctrlKey || event.metaKey;
  const name = mod ? `mod+${event.key.toLowerCase()}` : event.key;
  const isSequence = before !== null && event.timeStamp - before.at < SEQUENCE_MS;
  const sequence = isSequence ? find(`${before?.key} ${name}`) : null;
  before = null;
  const found = sequence ?? find(name);
  if (found !== null) {
    event.preventDefault();
    found.run(event);
  } else if (!mod && starts(name)) before = { key: name, at: event.timeStamp };
}

/** Not while the reader types, but for Escape and what is pressed with Ctrl or Cmd. */
function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.altKey) return false;
  // A dialog has the page to itself, Escape included, also when what had the focus in it is gone.
  if (document.querySelector('dialog[open]') !== null) return false;
  return event.ctrlKey || event.metaKey || event.key === 'Escape' || !isTyping(event.target);
}

function find(keys: string): KeyBinding | null {
  for (const { current } of registered.toReversed()) {
    const binding = current.find((known) => known.keys === keys);
    if (binding !== undefined) return binding;
  }
  return null;
}

function starts(key: string): boolean {
  return registered.some(({ current }) => current.some(({ keys }) => keys.startsWith(`${key} `)));
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}
