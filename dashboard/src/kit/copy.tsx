import { useState } from 'react';
import { Button } from './button.tsx';

/** Says that it did. Text may be made only when it is asked for. */
export function CopyButton({
  text,
  label = 'Copy',
}: {
  text: string | (() => string | Promise<string>);
  label?: string;
}) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
      setState('done');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), 1500);
  };
  return (
    <Button look="quiet" onClick={() => void copy()} aria-live="polite">
      {state === 'idle' ? label : state === 'done' ? 'Copied' : 'Could not copy'}
    </Button>
  );
}
