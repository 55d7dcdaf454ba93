import { useState } from 'react';
import type { ViewMedia } from '../../api/shapes.ts';
import { bytes } from '../../format/numbers.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { visibleText } from '../text/marks.ts';
import { useScope } from './context.tsx';

/** A picture as a small picture, all else as a chip. What lies elsewhere is named and never loaded. */
export function Media({ media }: { media: ViewMedia }) {
  const { call } = useScope();
  if (media.media === null) return <Elsewhere media={media} />;
  const url = `/api/calls/${encodeURIComponent(call)}/media/${media.media}`;
  return media.type === 'image' ? <Picture media={media} url={url} /> : <Chip media={media} url={url} />;
}

function Picture({ media, url }: { media: ViewMedia; url: string }) {
  const [state, setState] = useState<'small' | 'large' | 'failed'>('small');
  if (state === 'failed') return <Chip media={media} url={url} />;
  const words = wordsOf(media);
  return (
    <>
      <button
        type="button"
        onClick={() => setState('large')}
        className="my-1 block self-start overflow-hidden rounded-chip border border-line bg-raised"
      >
        <img
          src={url}
          alt={`${words}, open larger`}
          loading="lazy"
          decoding="async"
          onError={() => setState('failed')}
          className="max-h-48 min-h-6 max-w-full min-w-6 object-contain"
        />
      </button>
      {state === 'large' && (
        <Dialog title={words} wide onClose={() => setState('small')}>
          <img src={url} alt={words} className="mx-auto max-h-[70dvh] max-w-full object-contain" />
        </Dialog>
      )}
    </>
  );
}

function Chip({ media, url }: { media: ViewMedia; url: string }) {
  return (
    <a
      href={url}
      download
      className="my-1 inline-flex h-7 max-w-full self-start items-center gap-1.5 rounded-chip border border-line bg-raised px-2 text-sm hover:border-accent"
    >
      <bdi className="truncate">{wordsOf(media)}</bdi>
      <span className="text-muted">Download</span>
    </a>
  );
}

function Elsewhere({ media }: { media: ViewMedia }) {
  return (
    <p className="my-1 text-sm text-muted">
      {wordsOf(media)}, not in the call:{' '}
      <bdi className="font-mono break-all text-text">{visibleText(media.ref ?? 'nothing says where')}</bdi> (not loaded)
    </p>
  );
}

const KINDS = { image: 'Picture', audio: 'Sound', file: 'File' } as const;

/** `Picture, image/png, 12.3 kB`. */
function wordsOf({ type, name, mime, bytes: size }: ViewMedia): string {
  return [KINDS[type], name === null ? null : visibleText(name), mime, size === null ? null : bytes(size)]
    .filter((word) => word !== null)
    .join(', ');
}
