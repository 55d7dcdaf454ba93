import { objectAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members } from '../members.ts';
import { sourceOf } from '../media.ts';
import type { FilePart, ImagePart, Part, ResultPart, Source, TextPart } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { inputText, listAt, requiredText } from '../reading.ts';
import { opened } from '../seals.ts';

/** Blocks of a message: a text, or a list. Throws RefusedError. */
export function partsOf(content: unknown, at: string, notes: Notes): Part[] {
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return listAt({ content }, 'content').flatMap(({ value: block }, index) =>
    readBlock(block, `${at}[${index}]`, notes),
  );
}

type Reader = (block: JsonObject, at: string, notes: Notes) => Part[];

const READERS: Readonly<Record<string, Reader>> = {
  text: (block) => {
    const text = stringAt(block, 'text');
    return text === null ? [] : [{ kind: 'text', text }];
  },
  image: readImage,
  document: readDocument,
  search_result: readSearchResult,
  thinking: (block) => {
    const signature = stringAt(block, 'signature');
    const text = stringAt(block, 'thinking') ?? '';
    return [{ kind: 'thinking', text, seal: signature === null ? null : opened(signature) }];
  },
  redacted_thinking: (block) => {
    const redacted = stringAt(block, 'data');
    return redacted === null ? [] : [{ kind: 'thinking', text: '', seal: { by: 'anthropic-messages', redacted } }];
  },
  tool_use: (block, at) => [
    {
      kind: 'call',
      id: requiredText(block, 'id', at),
      name: requiredText(block, 'name', at),
      input: inputText(valueAt(block, 'input')),
      namespace: null,
      freeform: false,
    },
  ],
  tool_result: (block, at, notes) => [readResult(block, at, notes)],
};

const MEMBERS: Members = {
  type: 'read',
  text: 'read',
  source: 'read',
  title: 'read',
  content: 'read',
  id: 'read',
  name: 'read',
  input: 'read',
  tool_use_id: 'read',
  is_error: 'read',
  thinking: 'read',
  signature: 'read',
  data: 'read',
  context: 'read',
  // Who called it: the model, where no code of the provider's did.
  caller: 'nothing',
  cache_control: { lost: 'cache_control' },
  citations: { lost: 'citations' },
};

/** Calls that Anthropic ran itself, and what came of them. */
const HOSTED = /^(?:server_tool_use|mcp_tool_use|[a-z_]+_tool_result)$/;

function readBlock(block: JsonObject, at: string, notes: Notes): Part[] {
  const type = requiredText(block, 'type', at);
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) {
    if (!HOSTED.test(type)) refuse('part', at);
    notes.add('hosted_call', at);
    return [];
  }
  account(block, type === 'search_result' ? { ...MEMBERS, source: 'read' } : MEMBERS, 'message_member', at, notes);
  return read(block, at, notes);
}

function readSource(block: JsonObject, at: string): Source | null {
  const source = objectAt(block, 'source');
  switch (valueAt(source, 'type')) {
    case 'base64':
      return { data: stringAt(source, 'data') ?? '', mediaType: stringAt(source, 'media_type') ?? 'application/pdf' };
    case 'url':
      return sourceOf(stringAt(source, 'url') ?? '', `${at}.source.url`);
    case 'file':
      return refuse('file_id', `${at}.source`);
    default:
      return null;
  }
}

function readImage(block: JsonObject, at: string): ImagePart[] {
  const source = readSource(block, at) ?? refuse('media', `${at}.source`);
  return [{ kind: 'image', source, detail: null }];
}

function readDocument(block: JsonObject, at: string, notes: Notes): (TextPart | FilePart | Part)[] {
  const title = stringAt(block, 'title');
  const context = stringAt(block, 'context');
  const before: TextPart[] = context === null ? [] : [{ kind: 'text', text: context }];
  const source = readSource(block, at);
  if (source !== null) return [...before, { kind: 'file', source, name: title }];
  const inner = objectAt(block, 'source');
  notes.add('document_text', at);
  const heading: TextPart[] = title === null ? before : [{ kind: 'text', text: title }, ...before];
  if (valueAt(inner, 'type') === 'text') return [...heading, { kind: 'text', text: stringAt(inner, 'data') ?? '' }];
  if (valueAt(inner, 'type') !== 'content') refuse('media', `${at}.source`);
  return [...heading, ...partsOf(valueAt(inner, 'content'), `${at}.source.content`, notes)];
}

function readSearchResult(block: JsonObject, at: string, notes: Notes): Part[] {
  notes.add('document_text', at);
  const heading = [stringAt(block, 'title'), stringAt(block, 'source')].filter((text) => text !== null).join('\n');
  const texts = partsOf(valueAt(block, 'content'), `${at}.content`, notes);
  return [{ kind: 'text', text: heading }, ...texts];
}

function readResult(block: JsonObject, at: string, notes: Notes): ResultPart {
  const parts = partsOf(valueAt(block, 'content'), `${at}.content`, notes);
  return {
    kind: 'result',
    id: requiredText(block, 'tool_use_id', at),
    parts: parts.filter(isContent),
    isError: valueAt(block, 'is_error') === true,
    freeform: false,
  };
}

function isContent(part: Part): part is TextPart | ImagePart | FilePart {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'file';
}
