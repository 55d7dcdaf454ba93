/** Screens are loaded when somebody goes there. */
import { type ComponentType, createElement, type ReactElement, useEffect, useReducer } from 'react';
import type { Route, Screen } from './url/route.ts';

type Component = ComponentType<{ route: Route }>;

const LOADERS: Record<Screen, () => Promise<Component>> = {
  overview: async () => (await import('./overview/overview.tsx')).Overview,
  calls: async () => (await import('./calls/calls.tsx')).Calls,
  sessions: async () => (await import('./sessions/sessions.tsx')).Sessions,
  compare: async () => (await import('./compare/compare.tsx')).Compare,
  settings: async () => (await import('./settings/settings.tsx')).Settings,
};

const loaded = new Map<Screen, Component>();
const failed = new Map<Screen, unknown>();
const underWay = new Map<Screen, Promise<void>>();

/** May be called before it is needed, and more than once. */
export function loadScreen(screen: Screen): Promise<void> {
  const known = underWay.get(screen);
  if (known !== undefined) return known;
  failed.delete(screen);
  const loading = LOADERS[screen]().then(
    (component) => void loaded.set(screen, component),
    (error: unknown) => {
      // Another build is served now, or nobody is there: the next one who asks tries again.
      failed.set(screen, error);
      underWay.delete(screen);
    },
  );
  underWay.set(screen, loading);
  return loading;
}

/**
 * `null` until it is there. Not React.lazy: what that shows meanwhile stays for 300 ms at least, and rows are there
 * sooner. @throws what went wrong, into the boundary around
 */
export function useScreen(route: Route): ReactElement | null {
  const { screen } = route;
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!loaded.has(screen)) void loadScreen(screen).then(changed);
  }, [screen]);
  if (failed.has(screen)) throw failed.get(screen);
  const component = loaded.get(screen);
  return component === undefined ? null : createElement(component, { route });
}
