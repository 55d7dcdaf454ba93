import type { Source } from './model.ts';
import { refuse } from './notes.ts';

/** Bytes in a `data:` URL, or a URL of the web. Throws RefusedError. */
export function sourceOf(url: string, at: string): Source {
  if (/^https?:\/\//i.test(url)) return { url };
  const comma = url.indexOf(',');
  const [, mediaType = '', parameters = ''] =
    /^data:([^;,]*)((?:;[^,]*)?)$/i.exec(url.slice(0, Math.max(comma, 0))) ?? [];
  if (comma < 0 || !url.startsWith('data:')) refuse('media', at);
  const rest = url.slice(comma + 1);
  const type = mediaType === '' ? 'text/plain' : mediaType.toLowerCase();
  if (/;base64$/i.test(parameters)) return { data: rest, mediaType: type };
  return { data: Buffer.from(decoded(rest, at)).toString('base64'), mediaType: type };
}

export function urlOf(source: Source): string {
  return 'url' in source ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** The text of a file of text, or null. */
export function textOf(source: Source): string | null {
  if ('url' in source || !source.mediaType.startsWith('text/')) return null;
  return Buffer.from(source.data, 'base64').toString('utf8');
}

function decoded(text: string, at: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('media', at);
  }
}
