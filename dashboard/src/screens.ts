/** Screens are loaded when somebody goes there. */
import type { ReactElement } from 'react';
import { Later, useLater } from './kit/later.tsx';
import type { Route, Screen } from './url/route.ts';

const PARTS: Record<Screen, Later<{ route: Route }>> = {
  overview: new Later(async () => (await import('./overview/overview.tsx')).Overview),
  calls: new Later(async () => (await import('./calls/calls.tsx')).Calls),
  sessions: new Later(async () => (await import('./sessions/sessions.tsx')).Sessions),
  compare: new Later(async () => (await import('./compare/compare.tsx')).Compare),
  settings: new Later(async () => (await import('./settings/settings.tsx')).Settings),
};

/** May be called before it is needed, and more than once. */
export function loadScreen(screen: Screen): void {
  void PARTS[screen].load();
}

/** `null` until it is there. */
export function useScreen(route: Route): ReactElement | null {
  return useLater(PARTS[route.screen], { route });
}
