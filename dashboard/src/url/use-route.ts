import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { formatRoute, type ParamChange, parseRoute, type Route, withParams } from './route.ts';

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}

/** @param replace true = Back does not come here again (typing in a filter). */
export function goTo(href: string, replace = false): void {
  if (href === window.location.hash) return;
  if (replace) window.history.replaceState(null, '', href);
  else window.location.hash = href;
  // The browser tells it later, if at all: until then a key or a box would meet the place before.
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Changes parameters of the place where the reader is; `null` takes one away. */
export function useSetParams(): (change: ParamChange, replace?: boolean) => void {
  return useCallback((change, replace = false) => {
    const route = parseRoute(window.location.hash);
    goTo(formatRoute({ ...route, params: withParams(route.params, change) }), replace);
  }, []);
}
