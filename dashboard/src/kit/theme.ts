/** Three-way: as the system, light, dark. Kept in this browser. */
import { useSyncExternalStore } from 'react';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'llm-proxy.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const watchers = new Set<() => void>();

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((known) => known === kept) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  for (const tell of watchers) tell();
}

export function applyTheme(): void {
  const theme = chosenTheme();
  document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}

export function startTheme(): void {
  applyTheme();
  dark.addEventListener('change', () => {
    applyTheme();
    for (const tell of watchers) tell();
  });
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
