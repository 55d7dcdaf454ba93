/** One side of a call as it was on the wire: as a tree, as messages of a stream, as text or bytes. */
import { useDeferredValue, useState } from 'react';
import { isGone } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { bytes as bytesText, whole } from '../../format/numbers.ts';
import { useKeys } from '../../keyboard/keys.ts';
import { Button } from '../../kit/button.tsx';
import { Choice } from '../../kit/choice.tsx';
import { CopyButton } from '../../kit/copy.tsx';
import { Failure, Loading } from '../../kit/states.tsx';
import type { Route } from '../../url/route.ts';
import { useRoute, useSetParams } from '../../url/use-route.ts';
import { EventList, STREAM_NAMES } from './event-list.tsx';
import { FindBox } from './find-box.tsx';
import { HexView } from './hex-view.tsx';
import { JsonTree } from './json-tree.tsx';
import { MissingBody } from './missing.tsx';
import { RawText } from './raw-text.tsx';
import { type StreamKind, streamKind } from './stream-items.ts';
import { type Body, bodyPath, type Chunk, loadBody, type Side, useBody, useChunks } from './use-body.ts';
import type { Found } from './use-find.ts';

export function BodyView({ call, side }: { call: CallRecord; side: Side }) {
  const [all, setAll] = useState(false);
  const body = useBody(call.id, side, all);
  const chunks = useChunks(call.id, side === 'response' && call.stream);
  if (body.isPending || chunks.isLoading) return <Loading what={`the ${side}`} />;
  if (body.isLoadingError) {
    if (isGone(body.error)) {
      return <MissingBody call={call} side={side} error={body.error} />;
    }
    return <Failure error={body.error} onRetry={() => void body.refetch()} />;
  }
  if (body.data.total === 0) return <p className="p-4 text-muted">The body is empty: 0 bytes.</p>;
  return <Shown call={call} side={side} body={body.data} chunks={chunks.data ?? []} onAll={() => setAll(true)} />;
}

const VIEWS = ['tree', 'events', 'raw', 'bytes'] as const;
type View = (typeof VIEWS)[number];

interface ShownProps {
  call: CallRecord;
  side: Side;
  body: Body;
  chunks: readonly Chunk[];
  onAll: () => void;
}

function Shown({ call, side, body, chunks, onAll }: ShownProps) {
  const route = useRoute();
  const setParams = useSetParams();
  const kind = streamKind(body.type, body.bytes);
  const views = viewsOf(body, kind);
  const view = chosenView(route, views);
  const [found, setFound] = useState<Found | null>(null);
  const query = useDeferredValue(route.params.get('find'));
  const label = `Body of the ${side}`;
  useKeys([
    {
      keys: 'v',
      does: 'next way to show the body',
      where: 'call',
      run: () => setParams({ view: views[(views.indexOf(view) + 1) % views.length] ?? null }, true),
    },
  ]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1">
        {views.length > 1 && (
          <Choice
            label="Shown as"
            options={views.map((id) => ({ id, name: nameOf(id, kind) }))}
            chosen={view}
            onChoose={(id) => setParams({ view: id }, true)}
          />
        )}
        <span className="text-sm text-muted">{factsOf(body)}</span>
        <div className="ml-auto flex items-center gap-1">
          {view !== 'bytes' && <FindBox label={`Find in the ${side}`} found={found} />}
          <CopyButton text={() => wholeText(call.id, side)} />
          <a
            href={bodyPath(call.id, side)}
            download={`${call.id}-${side}${extensionOf(body, kind)}`}
            className="inline-flex h-7 items-center rounded-chip px-2 text-sm text-muted hover:bg-raised hover:text-text"
          >
            Download
          </a>
        </div>
      </div>
      <Notes body={body} onAll={onAll} />
      {view === 'tree' && <JsonTree text={body.text ?? ''} label={label} query={query} onFound={setFound} />}
      {view === 'events' && kind !== null && (
        <EventList kind={kind} bytes={body.bytes} chunks={chunks} query={query} onFound={setFound} />
      )}
      {view === 'raw' && <RawText text={body.text ?? ''} label={label} query={query} onFound={setFound} />}
      {view === 'bytes' && <HexView bytes={body.bytes} label={label} />}
    </div>
  );
}

/** The best first. */
function viewsOf({ text, isWhole }: Body, kind: StreamKind | null): View[] {
  if (kind === 'frames') return ['events', 'bytes'];
  if (text === null) return ['bytes'];
  if (kind !== null) return ['events', 'raw', 'bytes'];
  return /^\s*[[{"]/.test(text) && isWhole ? ['tree', 'raw', 'bytes'] : ['raw', 'bytes'];
}

function chosenView({ params }: Route, views: readonly View[]): View {
  return views.find((view) => view === params.get('view')) ?? views[0] ?? 'raw';
}

function nameOf(view: View, kind: StreamKind | null): string {
  if (view === 'events') return kind === null ? '' : STREAM_NAMES[kind];
  return { tree: 'Tree', raw: 'Text', bytes: 'Bytes' }[view];
}

function factsOf({ total, type, coding }: Body): string {
  return [bytesText(total), type, coding === null ? null : `${coding} taken off`].filter(Boolean).join(' · ');
}

function extensionOf({ text, type }: Body, kind: StreamKind | null): string {
  if (kind === 'sse') return '.txt';
  if (type?.includes('json') === true) return kind === 'ndjson' ? '.jsonl' : '.json';
  return text === null ? '.bin' : '.txt';
}

async function wholeText(call: string, side: Side): Promise<string> {
  const { text } = await loadBody(call, side);
  if (text === null) throw new Error('it is no text');
  return text;
}

/** What the body is not. */
function Notes({ body, onAll }: { body: Body; onAll: () => void }) {
  const { isWhole, total, bytes, masked, truncated } = body;
  const notes = [
    truncated ? 'Only a part of this body is stored: it was larger than what is kept, or was cut.' : null,
    masked ? 'Secrets in it were masked before it was stored; all else is as it was on the wire.' : null,
  ].filter((note) => note !== null);
  if (isWhole && notes.length === 0) return null;
  return (
    <div
      role="note"
      className="flex shrink-0 flex-wrap items-center gap-x-3 border-b border-line bg-raised px-3 py-1 text-sm"
    >
      {notes.map((note) => (
        <span key={note}>{note}</span>
      ))}
      {!isWhole && (
        <>
          <span>
            The first {bytesText(bytes.length)} of {bytesText(total)} ({whole(total)} bytes).
          </span>
          <Button onClick={onAll}>Load all of it</Button>
        </>
      )}
    </div>
  );
}
