import { useSyncExternalStore } from 'react';
import { keep, kept } from './kept.ts';
import { type View, viewsFrom, withView } from './views.ts';

const KEY = 'llm-proxy.views';
const watchers = new Set<() => void>();
let known: { text: string | null; views: readonly View[] } = { text: null, views: [] };

export function useViews(): readonly View[] {
  return useSyncExternalStore(watch, read);
}

export function saveView(view: View): void {
  write(withView(read(), view));
}

export function removeView(name: string): void {
  write(read().filter((view) => view.name !== name));
}

function read(): readonly View[] {
  const text = kept(KEY);
  if (text !== known.text) known = { text, views: viewsFrom(text) };
  return known.views;
}

function write(views: readonly View[]): void {
  keep(KEY, JSON.stringify(views));
  for (const tell of watchers) tell();
}

function watch(changed: () => void): () => void {
  watchers.add(changed);
  // Another tab.
  window.addEventListener('storage', changed);
  return () => {
    watchers.delete(changed);
    window.removeEventListener('storage', changed);
  };
}
