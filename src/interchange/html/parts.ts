/** What was said, as HTML that folds without a script. */
import type { Media } from '../conversation/media.ts';
import { pictureType } from '../conversation/picture-type.ts';
import type { ViewMessage, ViewPart, ViewTool } from '../conversation/view.ts';
import { escaped, visible } from './escape.ts';
import { whole } from './figures.ts';

type MediaList = readonly Media[];

export function messageHtml(message: ViewMessage, media: MediaList): string {
  const { role, name, parts } = message;
  const who = name === null ? visible(role) : `${visible(role)} ${visible(name)}`;
  return `<section class="turn"><h3>${who}</h3><div>${parts.map((part) => partHtml(part, media)).join('')}</div></section>\n`;
}

export function systemHtml(messages: readonly ViewMessage[], media: MediaList): string {
  const body = messages.flatMap(({ parts }) => parts.map((part) => partHtml(part, media))).join('');
  return body === '' ? '' : fold(`system prompt${about(messages)}`, body);
}

export function toolsHtml(tools: readonly ViewTool[]): string {
  if (tools.length === 0) return '';
  const body = tools.map(
    ({ name, description, parameters }) =>
      `<details><summary><code>${visible(name)}</code></summary>${description === null ? '' : `<div class="text" dir="auto">${visible(description)}</div>`}${parameters === null ? '' : pre(JSON.stringify(parameters, null, 2))}</details>`,
  );
  return fold(`${whole(tools.length)} ${tools.length === 1 ? 'tool' : 'tools'}${about(tools)}`, body.join(''));
}

function partHtml(part: ViewPart, media: MediaList): string {
  switch (part.type) {
    case 'text':
      return `<div class="text" dir="auto">${visible(part.text)}</div>`;
    case 'thinking':
      return part.redacted && part.text === ''
        ? '<p class="muted">a thought that the provider keeps to itself</p>'
        : fold(`thinking${about([part])}`, `<div class="text" dir="auto">${visible(part.text)}</div>`);
    case 'tool_call':
      return fold(
        `calls <code>${visible(part.name)}</code> ${visible(beginning(part.arguments))}`,
        pre(indented(part.arguments)),
      );
    case 'tool_result':
      return resultHtml(part, media);
    case 'image':
    case 'audio':
    case 'file':
      return mediaHtml(part, media);
  }
}

function resultHtml(part: Extract<ViewPart, { type: 'tool_result' }>, media: MediaList): string {
  const name = part.name === null ? 'a tool' : `<code>${visible(part.name)}</code>`;
  const error = part.is_error === true ? ' <span class="bad">error</span>' : '';
  return fold(`result of ${name}${about([part])}${error}`, part.parts.map((inner) => innerHtml(inner, media)).join(''));
}

function innerHtml(part: ViewPart, media: MediaList): string {
  return part.type === 'text' ? pre(part.text) : partHtml(part, media);
}

function mediaHtml(part: Extract<ViewPart, { type: 'image' | 'audio' | 'file' }>, media: MediaList): string {
  const { type, mime, name, ref } = part;
  const words = [type, name, mime].filter((word) => word !== null).join(', ');
  const base64 = part.media === null ? undefined : media[part.media]?.base64;
  const bytes = base64 === undefined ? null : Buffer.from(base64, 'base64');
  // Told by its bytes: what the message says of it may be a lie.
  const kind = bytes === null ? null : pictureType(bytes);
  if (bytes !== null && kind !== null)
    return `<img alt="${escaped(words)}" src="data:${kind};base64,${bytes.toString('base64')}">`;
  const where = ref === null ? '' : `, at <code>${visible(ref)}</code>`;
  return `<p class="muted">${visible(words)}${bytes === null ? '' : `, ${whole(bytes.length)} bytes`}${where}: not in this page</p>`;
}

/** @param label HTML */
function fold(label: string, body: string): string {
  return `<details><summary>${label}</summary>${body}</details>`;
}

function pre(text: string): string {
  return `<pre dir="auto">${visible(text)}</pre>`;
}

function about(sized: readonly { chars: number; tokens: number | null }[]): string {
  const tokens = sized.some((one) => one.tokens === null)
    ? null
    : sized.reduce((sum, one) => sum + (one.tokens ?? 0), 0);
  const chars = sized.reduce((sum, one) => sum + one.chars, 0);
  return tokens === null ? `, ${whole(chars)} characters` : `, ~${whole(tokens)} tokens`;
}

function beginning(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100).replace(/[\ud800-\udbff]$/, '')}…`;
}

function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
