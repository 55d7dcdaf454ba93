import { useSyncExternalStore } from 'react';
import { type View, viewsFrom, withView } from './views.ts';

const KEY = 'llm-proxy.views';
const watchers = new Set<() => void>();
let kept: { text: string | null; views: readonly View[] } = { text: null, views: [] };

export function useViews(): readonly View[] {
  return useSyncExternalStore(watch, read);
}

export function saveView(view: View): void {
  write(withView(read(), view));
}

export function removeView(name: string): void {
  write(read().filter((known) => known.name !== name));
}

function read(): readonly View[] {
  const text = localStorage.getItem(KEY);
  if (text !== kept.text) kept = { text, views: viewsFrom(text) };
  return kept.views;
}

function write(views: readonly View[]): void {
  localStorage.setItem(KEY, JSON.stringify(views));
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
