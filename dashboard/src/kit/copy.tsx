import { useState } from 'react';
import { Button } from './button.tsx';

export type Copied = string | (() => string | Promise<string>);

/** A browser lets a page copy for a moment after a click: what has to be loaded first is promised to it. */
export async function copyText(text: Copied): Promise<void> {
  if (typeof text === 'string') return navigator.clipboard.writeText(text);
  const made = Promise.resolve(text()).then((words) => new Blob([words], { type: 'text/plain' }));
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': made })]);
}

/** Says that it did. Text may be made only when it is asked for. */
export function CopyButton({ text, label = 'Copy' }: { text: Copied; label?: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await copyText(text);
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
