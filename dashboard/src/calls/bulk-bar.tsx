import { useState } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';
import { bytes } from '../format/numbers.ts';
import { exportCalls, type ExportFormat } from './export-calls.ts';
import { MOST_SELECTED, type Selection } from './selection.ts';

/** What can be done with the calls that are selected; stands in the place of the totals. */
export function BulkBar({ route, selection }: { route: Route; selection: Selection }) {
  const ids = [...selection.ids];
  const [note, setNote] = useState<string | null>(null);
  const save = async (format: ExportFormat): Promise<void> => {
    try {
      const blob = await exportCalls(ids, format, (come) => setNote(`${bytes(come)} …`));
      saveFile(blob, `llm-proxy-calls-${ids.length}.${format}`);
      setNote(null);
    } catch (error) {
      setNote(error instanceof ApiError ? error.message : 'The file could not be made.');
    }
  };
  return (
    <footer className="flex min-h-8 shrink-0 flex-wrap items-center gap-1 border-t border-accent bg-accent-weak px-3 text-sm">
      <span role="status" className="mr-2">
        {ids.length} selected{ids.length >= MOST_SELECTED ? ', no more can be' : ''}
      </span>
      <Button
        look="quiet"
        disabled={ids.length !== 2}
        title={ids.length === 2 ? undefined : 'Select two calls'}
        onClick={() => goTo(hrefOf(route, 'compare', null, { a: ids[1] ?? null, b: ids[0] ?? null }))}
      >
        Compare
      </Button>
      <CopyButton label="Copy ids" text={() => ids.join('\n')} />
      <Button look="quiet" onClick={() => void save('jsonl')}>
        Export JSONL
      </Button>
      <Button look="quiet" onClick={() => void save('har')}>
        Export HAR
      </Button>
      {note !== null && (
        <span role="status" className="text-muted">
          {note}
        </span>
      )}
      <Button look="quiet" className="ml-auto" onClick={selection.clear}>
        Clear
      </Button>
    </footer>
  );
}

function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
