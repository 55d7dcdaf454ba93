import { describe, expect, it } from 'vitest';
import type { ViewMessage, ViewTool } from '../../../dashboard/src/api/shapes.ts';
import {
  type Difference,
  firstBreak,
  headerEntries,
  messageEntries,
  toolEntries,
  verdict,
} from '../../../dashboard/src/call/diff/compare.ts';
import { parseHead } from '../../../dashboard/src/call/head.ts';
import { shortened, textDiff } from '../../../dashboard/src/call/diff/text-diff.ts';

function said(role: ViewMessage['role'], text: string, over: Partial<ViewMessage> = {}): ViewMessage {
  const chars = text.length;
  return {
    role,
    place: null,
    name: null,
    chars,
    tokens: null,
    parts: [{ type: 'text', text, chars, tokens: null }],
    ...over,
  };
}

function tool(name: string, description = 'It helps.'): ViewTool {
  return { name, hosted: false, description, parameters: { type: 'object' }, chars: 1, tokens: null };
}

const kinds = (entries: ReturnType<typeof messageEntries>): string[] =>
  entries.map((entry) => `${entry.kind} ${entry.kind === 'same' ? `${entry.count} ` : ''}${entry.what}`);

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => said('user', text)) as [
  ViewMessage,
  ViewMessage,
  ViewMessage,
  ViewMessage,
];

const messages = (entries: Difference['entries']): Difference => ({ title: 'Messages', entries });

describe('dashboard/call/diff/compare', () => {
  it('matches messages from the beginning, counts and places apart', () => {
    const counted = { ...a, tokens: 12, place: 3 };
    expect(kinds(messageEntries([a, b], [counted, b, c, d]))).toEqual([
      'same 2 messages',
      'added user, message 3',
      'added user, message 4',
    ]);
  });

  it('takes what stands in the same place with the same role for the same message, changed', () => {
    const entries = messageEntries([a, b, c], [a, said('user', 'B'), c]);
    expect(kinds(entries)).toEqual(['same 1 message', 'changed user, message 2', 'same 1 message']);
    expect(entries[1]).toMatchObject({ before: 'b', after: 'B' });
    expect(kinds(messageEntries([a], [said('assistant', 'a')]))).toEqual([
      'removed user, message 1',
      'added assistant, message 1',
    ]);
  });

  it('finds what is the same between differences', () => {
    expect(kinds(messageEntries([a, b, c, d], [said('user', 'A'), b, c, said('user', 'D')]))).toEqual([
      'changed user, message 1',
      'same 2 messages',
      'changed user, message 4',
    ]);
    expect(kinds(messageEntries([a, b, c], [c]))).toEqual([
      'removed user, message 1',
      'removed user, message 2',
      'same 1 message',
    ]);
    expect(messageEntries([], [])).toEqual([]);
  });

  it('compares tools by name, and says when only their order is another', () => {
    expect(kinds(toolEntries([tool('A'), tool('B'), tool('C')], [tool('A'), tool('B', 'Other.'), tool('D')]))).toEqual([
      'same 1 tool',
      'changed tool B',
      'removed tool C',
      'added tool D',
    ]);
    expect(kinds(toolEntries([tool('A'), tool('B')], [tool('B'), tool('A')]))).toEqual([
      'same 2 tools',
      'changed order of the tools',
    ]);
    expect(kinds(toolEntries([tool('A'), tool('A')], [tool('A')]))).toEqual(['same 1 tool', 'removed tool A (again)']);
  });

  it('compares headers by name, case apart, however often they stand there', () => {
    const old = parseHead('POST / HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\nX-Gone: yes\r\n').headers;
    const now = parseHead('POST / HTTP/1.1\r\nhost: x\r\na: 1\r\nA: 3\r\nx-new: a:b\r\n').headers;
    expect(headerEntries(old, now)).toEqual([
      { kind: 'same', what: 'header', count: 1 },
      { kind: 'changed', what: 'a', before: '1\n2', after: '1\n3' },
      { kind: 'removed', what: 'x-gone', text: 'yes' },
      { kind: 'added', what: 'x-new', text: 'a:b' },
    ]);
  });

  it('knows where a cache ends: at any change of tools or system prompt, at messages that are not only longer', () => {
    const longer = messages(messageEntries([a], [a, b]));
    const changed = messages(messageEntries([a, b], [a, c, d]));
    const inserted = messages(messageEntries([a, b], [c, a, b]));
    const tools: Difference = { title: 'Tools', entries: toolEntries([tool('A')], [tool('A'), tool('B')]) };
    expect([longer, changed, inserted, tools].map(firstBreak)).toEqual([null, 1, 0, 1]);
    expect(verdict([tools, changed])).toBe('Not as it was: tools, messages.');
    expect(verdict([longer])).toMatch(/^All that was sent before stands unchanged/);
    expect(verdict([messages(messageEntries([a], [a]))])).toMatch(/are the same/);
  });
});

describe('dashboard/call/diff/text-diff', () => {
  it('tells words apart, and together they are both texts', () => {
    const [before, after] = ['the quick brown fox', 'the slow brown fox!'];
    const changes = textDiff(before, after) ?? [];
    const joined = (without: string): string =>
      changes
        .filter(({ kind }) => kind !== without)
        .map(({ text }) => text)
        .join('');
    expect([joined('added'), joined('removed')]).toEqual([before, after]);
    expect(changes.filter(({ kind }) => kind === 'added').map(({ text }) => text)).toContain('slow');
  });

  it('makes one change of those that only a blank keeps apart', () => {
    const changes = textDiff('Runs the page now, as it is asked.', 'Gets a file here, as it is asked.');
    expect(changes).toEqual([
      { kind: 'removed', text: 'Runs the page now' },
      { kind: 'added', text: 'Gets a file here' },
      { kind: 'same', text: ', as it is asked.' },
    ]);
  });

  it('gives up on what is too long', () => {
    expect(textDiff('a'.repeat(3_000_000), 'b'.repeat(3_000_000))).toBe(null);
  });

  it('shows of long texts that are the same only what stands around a change, and loses nothing', () => {
    const same = 'word '.repeat(2000);
    const shown = shortened([
      { kind: 'same', text: same },
      { kind: 'added', text: 'new' },
      { kind: 'same', text: same },
    ]);
    expect(shown.map(({ kind }) => kind)).toEqual(['hidden', 'same', 'added', 'same', 'hidden']);
    expect(shown.map(({ text }) => text).join('')).toBe(`${same}new${same}`);
    expect(shown.filter(({ kind }) => kind === 'same').every(({ text }) => text.length < 300)).toBe(true);
  });
});
