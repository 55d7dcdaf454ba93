/** Pictures, sounds and files inside messages: what they are and how long, apart from their bytes. */
import type { ChatPart } from './chat.ts';
import type { ViewMedia } from './view.ts';

/** Base64 as it stood in the message. */
export interface Media {
  /** As the message says; null = it does not. */
  mime: string | null;
  base64: string;
}

export interface FoundMedia {
  view: ViewMedia;
  /** Null = its bytes are elsewhere. */
  media: Media | null;
}

const DATA_URL = /^data:([\w.+-]{1,80}\/[\w.+-]{1,80})?[^,]{0,200},/;
/** Addresses and ids; longer ones are something else. */
const MAX_REF = 2000;

/** Of so much base64. */
export function byteLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}

export function mediaOf(part: Exclude<ChatPart, { type: 'text' }>): FoundMedia {
  switch (part.type) {
    case 'image_url':
      return found('image', part.image_url.url, null, null);
    case 'input_audio':
      return inside('audio', `audio/${part.input_audio.format}`, part.input_audio.data, null);
    case 'file': {
      const { file_data: data = null, file_id: id = null, filename = null } = part.file;
      return data === null ? found('file', id ?? '', filename, null) : found('file', data, filename, id);
    }
  }
}

function found(type: ViewMedia['type'], url: string, name: string | null, id: string | null): FoundMedia {
  const head = DATA_URL.exec(url.slice(0, 500));
  if (head !== null) return inside(type, head[1] ?? null, url.slice(head[0].length), name);
  const ref = id ?? url.slice(0, MAX_REF);
  return { view: { type, media: null, ref, mime: null, bytes: null, name }, media: null };
}

function inside(type: ViewMedia['type'], mime: string | null, base64: string, name: string | null): FoundMedia {
  const view = { type, media: null, ref: null, mime, bytes: byteLength(base64), name };
  return { view, media: { mime, base64 } };
}
