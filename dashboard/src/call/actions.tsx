/** What can be done with a call: stands at the right of its header. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get, send } from '../api/client.ts';
import type { CallRecord } from '../api/shapes.ts';
import { useKeys } from '../keyboard/keys.ts';
import { copyText, type Copied } from '../kit/copy.tsx';
import { Menu, type MenuItem } from '../kit/menu.tsx';
import { hrefOf } from '../url/route.ts';
import { goTo, useRoute } from '../url/use-route.ts';
import { bothSides, callFile, codeOf, LANGUAGES, sessionFile } from './copy-as.ts';
import { DeleteDialog } from './delete.tsx';
import { ReplayDialog } from './replay/dialog.tsx';
import { interruptedDraft } from '../url/draft.ts';

type Overlay = 'replay' | 'delete' | null;

export function Actions({ call }: { call: CallRecord }) {
  const route = useRoute();
  const [overlay, setOverlay] = useState<Overlay>(() => (interruptedDraft(call.id) === null ? null : 'replay'));
  const [said, say] = useSaid();
  const pin = usePin(call.id, say);
  const off = useReadOnly() ? 'No daemon is running: what is stored can be read, not changed' : undefined;
  const copy = (name: string, text: Copied): void =>
    void copyText(text).then(
      () => say(`Copied ${name}`),
      (error: unknown) => say(`Could not copy ${name}: ${error instanceof Error ? error.message : String(error)}`),
    );
  const replay = (): void => (off === undefined ? setOverlay('replay') : say(off));
  useKeys([
    { keys: 'y', does: 'copy as curl', where: 'call', run: () => copy('as curl', () => codeOf(call.id, 'curl')) },
    { keys: 'r', does: 'replay: send it again, changed or not', where: 'call', run: replay },
  ]);
  const session = call.agent_facts?.session ?? null;
  const items: MenuItem[] = [
    ...LANGUAGES.map(({ id, name, keys }) => ({
      name: `Copy as ${name}`,
      ...(keys === undefined ? {} : { keys }),
      run: () => copy(`as ${name}`, () => codeOf(call.id, id)),
    })),
    { name: 'Copy request and response', run: () => copy('request and response', () => bothSides(call.id)) },
    { name: 'Copy id', run: () => copy('the id', call.id) },
    { name: 'Download HAR', apart: true, run: () => download(callFile(call.id, 'har')) },
    { name: 'Download JSON line', run: () => download(callFile(call.id, 'jsonl')) },
    ...(session === null
      ? []
      : [{ name: 'Download session as HTML', run: () => download(sessionFile(session, 'html')) }]),
    {
      name: 'Replay …',
      keys: 'r',
      apart: true,
      run: replay,
      ...offBecause(off ?? noReplay(call)),
    },
    { name: 'Compare with …', run: () => goTo(hrefOf(route, 'compare', null, { a: call.id })) },
    { name: pin.isPinned ? 'Unpin' : 'Pin', run: pin.toggle, ...offBecause(off) },
    { name: 'Delete …', apart: true, danger: true, run: () => setOverlay('delete'), ...offBecause(off) },
  ];
  return (
    <>
      <span role="status" className="max-w-60 truncate text-sm text-muted" title={said}>
        {said === '' && pin.isPinned ? 'pinned' : said}
      </span>
      <Menu label="Actions" items={items} />
      {overlay === 'replay' && <ReplayDialog call={call} onClose={() => setOverlay(null)} />}
      {overlay === 'delete' && <DeleteDialog call={call} onClose={() => setOverlay(null)} />}
    </>
  );
}

function noReplay({ transport, outcome }: CallRecord): string | undefined {
  return transport === 'websocket' || outcome === 'upgraded' ? 'A WebSocket cannot be sent again' : undefined;
}

function offBecause(off: string | undefined): { off?: string } {
  return off === undefined ? {} : { off };
}

function download(href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = '';
  link.click();
}

const SAID_MS = 3000;

/** Words that go by themselves. */
function useSaid(): [string, (words: string) => void] {
  const [said, say] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => say(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return [said, say];
}

export function useReadOnly(): boolean {
  const who = useQuery({
    queryKey: ['whoami'],
    queryFn: () => get<{ read_only: boolean }>('/api/whoami'),
    staleTime: Infinity,
  });
  return who.data?.read_only === true;
}

interface Pins {
  pins: { kind: 'call' | 'session'; id: string; pinned_at: string }[];
}

function usePin(id: string, say: (words: string) => void): { isPinned: boolean; toggle: () => void } {
  const client = useQueryClient();
  const found = useQuery({ queryKey: ['pins'], queryFn: () => get<Pins>('/api/pins') });
  const isPinned = found.data?.pins.some((pin) => pin.kind === 'call' && pin.id === id) === true;
  const toggle = async (): Promise<void> => {
    try {
      await send(isPinned ? 'DELETE' : 'PUT', `/api/calls/${encodeURIComponent(id)}/pin`);
      await client.invalidateQueries({ queryKey: ['pins'] });
      say(isPinned ? 'Unpinned: retention may delete it' : 'Pinned: retention leaves it alone');
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  return { isPinned, toggle: () => void toggle() };
}
