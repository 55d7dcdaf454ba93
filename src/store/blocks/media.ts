/** What base64 inside a JSON string holds, told by how it begins: media are blocks of their own, stored decoded. */
import type { BlockKind } from '../../core/blocks.ts';

type Media = Extract<BlockKind, 'image' | 'audio' | 'document' | 'binary'>;

/** The first characters of base64 by what the file begins with. */
const BEGINNINGS: readonly (readonly [string, Media])[] = [
  ['iVBORw0KGgo', 'image'], // PNG
  ['/9j/', 'image'], // JPEG
  ['R0lGOD', 'image'], // GIF
  ['UklGR', 'image'], // RIFF: WebP; WAV is told below
  ['Qk', 'image'], // BMP
  ['AAAAIGZ0eXBhdmlm', 'image'], // AVIF
  ['SUQz', 'audio'], // MP3 with ID3
  ['//uQ', 'audio'],
  ['//vQ', 'audio'],
  ['T2dnUw', 'audio'],
  ['ZkxhQw', 'audio'],
  ['JVBERi0', 'document'], // PDF
  ['UEsDB', 'document'], // ZIP: office formats
];
/** `WAVE` behind RIFF and a length. */
const WAVE = /^UklGR.{4,6}XQVZF/;
const DATA_URL = /^data:(image|audio|video|application|text)\/[\w.+-]{1,80}(?:;[\w.=+-]{1,60})*;base64,/;
const LEAD = 160;
const ALPHABET = /^[A-Za-z0-9+/]+={0,2}$/;
/** Shorter is not worth a row of its own form. */
const MIN_BASE64 = 1024;

export interface MediaString {
  /** Where the base64 begins: behind the head of a data URL. */
  start: number;
  kind: Media;
}

/**
 * @param bytes a body, @param start of a string's content, @param end of it
 * @returns null = text. What it is called here is a guess by samples: whoever stores it decoded must see that it comes back.
 */
export function mediaIn(bytes: Buffer, start: number, end: number): MediaString | null {
  if (end - start < MIN_BASE64) return null;
  const lead = bytes.toString('latin1', start, Math.min(end, start + LEAD));
  const url = DATA_URL.exec(lead);
  const head = url === null ? 0 : url[0].length;
  if (end - start - head < MIN_BASE64) return null;
  if (!ALPHABET.test(lead.slice(head)) || !ALPHABET.test(bytes.toString('latin1', end - 64, end))) return null;
  return { start: start + head, kind: kindOf(lead.slice(head), url?.[1]) };
}

function kindOf(lead: string, type: string | undefined): Media {
  if (type === 'image' || type === 'audio') return type;
  if (WAVE.test(lead)) return 'audio';
  return BEGINNINGS.find(([beginning]) => lead.startsWith(beginning))?.[1] ?? 'binary';
}
