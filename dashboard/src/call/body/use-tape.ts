import { useEffect, useMemo, useState } from 'react';
import { parseTape, type Tape } from './json-tape.ts';

/** Characters that are read at once; more are read by a worker. */
const AT_ONCE = 200_000;

/** The values of a JSON text; `null` while they are not read yet. */
export function useTape(text: string): Tape | null {
  const isSmall = text.length <= AT_ONCE;
  const small = useMemo(() => (isSmall ? parseTape(text) : null), [isSmall, text]);
  const [large, setLarge] = useState<{ text: string; tape: Tape } | null>(null);
  useEffect(() => {
    if (isSmall) return;
    const worker = new Worker(new URL('./json-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<Tape>) => {
      setLarge({ text, tape: event.data });
      worker.terminate();
    });
    // Without a worker (a browser may refuse one) it takes a moment longer, and the page waits.
    worker.addEventListener('error', () => setLarge({ text, tape: parseTape(text) }));
    worker.postMessage(text, []);
    return () => worker.terminate();
  }, [isSmall, text]);
  return small ?? (large?.text === text ? large.tape : null);
}
