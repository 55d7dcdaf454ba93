/** Three-way: as the system, light, dark. Kept in this browser. */
import { useSyncExternalStore } from 'react';
import { keep, kept } from '../url/kept.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'llm-proxy.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const watchers = new Set<() => void>();

export function chosenTheme(): Theme {
  const chosen = kept(KEY);
  return THEMES.find((known) => known === chosen) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  keep(KEY, theme);
  again();
}

function again(): void {
  applyTheme();
  for (const tell of watchers) tell();
}

export function applyTheme(): void {
  const theme = chosenTheme();
  document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}

export function startTheme(): void {
  applyTheme();
  dark.addEventListener('change', again);
  // Another tab.
  window.addEventListener('storage', again);
}

function watch(changed: () => void): () => void {
  watchers.add(changed);
  return () => watchers.delete(changed);
}

/** What is chosen, and what that is at the moment. */
export function useTheme(): { chosen: Theme; shown: 'light' | 'dark' } {
  const chosen = useSyncExternalStore(watch, chosenTheme);
  const shown = useSyncExternalStore(watch, () => document.documentElement.dataset['theme']);
  return { chosen, shown: shown === 'dark' ? 'dark' : 'light' };
}
