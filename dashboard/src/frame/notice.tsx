/** One line above every screen, where what is shown may not be what is. */
import { type QueryCache, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { isGone } from '../api/client.ts';
import { useHealth } from '../api/use-health.ts';
import { liveFeed, useLiveState } from '../api/use-live.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { wordsOf } from '../kit/states.tsx';

interface NoticeProps {
  readOnly: boolean;
  /** Of the daemon, where it is not the one that this page came from. */
  newVersion: string | null;
}

export function Notice({ readOnly, newVersion }: NoticeProps) {
  const client = useQueryClient();
  const isLost = useLiveState() === 'lost';
  const cache = client.getQueryCache();
  const watch = useCallback((changed: () => void) => cache.subscribe(changed), [cache]);
  const outdated = useSyncExternalStore(watch, () => outdatedBy(cache));
  const trouble = useHealth()?.recorder?.sinks.find(({ name, state }) => name === 'sqlite' && state === 'failing');
  const isStored = trouble === undefined;
  useEffect(() => {
    if (isStored) return undefined;
    return () => {
      liveFeed.refresh();
      void client.refetchQueries({ type: 'active', predicate: hasFailed });
    };
  }, [isStored, client]);
  if (isLost) {
    return (
      <Line isBad>
        llm-proxy does not answer. What is shown stays as it was; it goes on by itself when llm-proxy is back (llm-proxy
        start).
      </Line>
    );
  }
  if (newVersion !== null) {
    return (
      <Line>
        llm-proxy is version {newVersion} by now, and this page is of the one before.
        <Button onClick={() => window.location.reload()}>Load the page anew</Button>
      </Line>
    );
  }
  if (outdated !== null) {
    return (
      <Line isBad>
        Some of what is shown is older: {outdated}
        <Button onClick={() => void client.refetchQueries({ type: 'active', predicate: hasFailed })}>Try again</Button>
      </Line>
    );
  }
  if (trouble !== undefined) {
    return (
      <Line isBad>
        Calls are not stored at the moment: {trouble.error ?? 'the database cannot be written'}. They flow all the same,
        and wait in memory as far as there is room{trouble.dropped > 0 && `; ${whole(trouble.dropped)} had none`}.
      </Line>
    );
  }
  return readOnly ? <Line>No daemon is running: these are the stored calls, read-only.</Line> : null;
}

function Line({ isBad = false, children }: { isBad?: boolean; children: React.ReactNode }) {
  return (
    <p
      role="status"
      className={`flex flex-wrap items-center gap-x-3 border-b border-line bg-raised px-4 py-1 text-sm ${isBad ? 'text-bad' : 'text-muted'}`}
    >
      {children}
    </p>
  );
}

/** Why something that is shown could not be asked for again; null = it could. */
function outdatedBy(cache: QueryCache): string | null {
  const query = cache.getAll().find((one) => one.isActive() && hasFailed(one) && one.state.data !== undefined);
  return query === undefined ? null : wordsOf(query.state.error).text;
}

/** Not: what was asked for is not there. */
export function hasFailed({ state }: { state: { status: string; error: unknown } }): boolean {
  return state.status === 'error' && !isGone(state.error);
}
