/** What stands where there is nothing to show, and why. */
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col items-start gap-2 px-4 py-10">
      <p className="text-title font-semibold">{title}</p>
      <div className="w-full min-w-0 text-muted">{children}</div>
    </div>
  );
}

/** What happened, what still works, what to do. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, text } = wordsOf(error);
  return (
    <div role="alert" className="m-4 max-w-xl rounded-panel border border-line bg-surface p-3">
      <p className="font-semibold text-bad">{title}</p>
      <p className="mt-1">{text}</p>
      {onRetry !== undefined && (
        <Button className="mt-2" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Nothing for the first moment: most answers come sooner than a spinner can be read. */
export function Loading({ what }: { what: string }) {
  return (
    <p role="status" className="animate-appear p-4 text-muted">
      Loading {what} …
    </p>
  );
}

export function wordsOf(error: unknown): { title: string; text: string } {
  if (!(error instanceof ApiError)) {
    return { title: 'This part of the page failed', text: error instanceof Error ? error.message : String(error) };
  }
  if (error.status === 0) return { title: 'No answer from llm-proxy', text: error.message };
  if (error.status === 503)
    return { title: 'Not to be had at the moment', text: `${error.message} Calls flow all the same.` };
  return { title: error.status === 404 ? 'Not found' : 'This could not be answered', text: error.message };
}
