import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CutBody } from '../../../../src/core/blocks.ts';
import { type BodyForm, cutBody } from '../../../../src/store/blocks/cut.ts';
import { bytesOf, CASSETTES, loadCassettes } from '../../../support/cassettes.ts';
import { readdirSync } from 'node:fs';

const FORMS: readonly BodyForm[] = ['request', 'document', 'stream', 'frames', 'binary'];

const cut = (value: unknown, form: BodyForm = 'request'): CutBody => cutBody(Buffer.from(JSON.stringify(value)), form);
const textOf = ({ bytes }: CutBody, { start, end }: { start: number; end: number }): string =>
  Buffer.from(bytes).toString('utf8', start, end);
const words = (count: number, seed = 'word'): string =>
  Array.from({ length: count }, (_, index) => `${seed}${index * 7919}`).join(' ');

/** Blocks follow each other without a gap, none is empty, hashes are those of their bytes. */
function expectLossless(bytes: Uint8Array, form: BodyForm): CutBody {
  const body = cutBody(bytes, form);
  let at = 0;
  for (const { start, end, hash, message } of body.blocks) {
    expect(start).toBe(at);
    expect(end).toBeGreaterThan(start);
    const sum = createHash('sha256').update(bytes.subarray(start, end)).digest('hex').slice(0, 32);
    expect(hash).toBe(sum);
    expect(message).toBeLessThan(body.messages.length);
    at = end;
  }
  expect(at).toBe(bytes.length);
  for (const { start, end } of body.messages) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(bytes.length);
  }
  return body;
}

const REQUESTS: Record<string, unknown> = {
  'OpenAI chat': {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi "there"\n' }] },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
  },
  'OpenAI responses': {
    model: 'm',
    instructions: 'Be brief.',
    input: [
      { role: 'user', content: 'Hi' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'ok' },
    ],
  },
  Anthropic: {
    model: 'm',
    max_tokens: 5,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'n', input: { role: 'x' } }] },
    ],
  },
  Gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
    ],
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
  },
  'Gemini CLI': { model: 'm', project: 'p', request: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] } },
  'Bedrock Converse': {
    system: [{ text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
    toolConfig: { tools: [{ toolSpec: { name: 'f' } }] },
  },
  'Cohere v2': { model: 'm', messages: [{ role: 'user', content: 'Hi' }], documents: [{ data: 'd' }] },
  Ollama: { model: 'm', messages: [{ role: 'user', content: 'Hi', images: ['aGk='] }], stream: false },
  DashScope: { model: 'm', input: { messages: [{ role: 'user', content: 'Hi' }] }, parameters: {} },
};

function messagesOf(request: unknown): unknown[] {
  const found = JSON.stringify(request);
  const parsed = JSON.parse(found) as Record<string, Record<string, unknown[]> & unknown[]>;
  const list = parsed['messages'] ?? parsed['contents'] ?? parsed['request']?.['contents'];
  return list ?? parsed['input']?.['messages'] ?? parsed['input'] ?? [];
}

const aMessage = (text: string, role = 'user', more: object = {}): object => ({
  role,
  content: [{ type: 'text', cache_control: { type: 'ephemeral' }, text }, more],
});

describe('store/blocks/cut', () => {
  it('cuts any bytes without losing one, whatever they are taken for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), fc.constantFrom(...FORMS), (bytes, form) => {
        expectLossless(bytes, form);
      }),
      { numRuns: 300 },
    );
  });

  it('cuts any JSON without losing a byte, whole or broken off anywhere, in any layout', () => {
    const conversation = fc.record({
      messages: fc.array(
        fc.record({ role: fc.string(), content: fc.oneof(fc.string({ maxLength: 2000 }), fc.json()) }),
      ),
      system: fc.oneof(fc.string(), fc.array(fc.record({ text: fc.string(), cache_control: fc.json() }))),
      tools: fc.array(fc.jsonValue()),
      other: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        conversation,
        fc.constantFrom(0, 2),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (value, indent, part) => {
          const bytes = Buffer.from(JSON.stringify(value, null, indent));
          const body = expectLossless(bytes, 'request');
          expect(body.messages.map((message) => JSON.parse(textOf(body, message)) as unknown)).toEqual(
            JSON.parse(JSON.stringify(value.messages)),
          );
          expectLossless(bytes.subarray(0, Math.floor(bytes.length * part)), 'request');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('survives hostile nesting, and is done with it fast', () => {
    for (const bytes of [
      '['.repeat(200_000),
      '{"a":'.repeat(100_000),
      '{"messages":['.repeat(50_000),
      '"\\'.repeat(100_000),
    ])
      expectLossless(Buffer.from(bytes), 'request');
  });

  it.each(Object.entries(REQUESTS))('finds the messages of %s', (_, request) => {
    const body = cut(request);
    expect(body.messages.map((message) => JSON.parse(textOf(body, message)) as unknown)).toEqual(messagesOf(request));
    const roles = messagesOf(request).map((message) => (message as { role?: string }).role ?? null);
    expect(body.messages.map(({ role }) => role)).toEqual(roles);
  });

  it('finds a single text as a message, and no conversation in texts to embed', () => {
    expect(cut({ model: 'm', input: 'Hi' }).messages).toHaveLength(1);
    expect(cut({ model: 'm', prompt: 'Hi' }).messages).toHaveLength(1);
    expect(cut({ model: 'm', input: ['Hi', 'you'] }).messages).toEqual([]);
    expect(cut({ requests: [{ params: { messages: [{ role: 'user', content: 'Hi' }] } }] }).messages).toEqual([]);
  });

  it("puts Cohere's message behind its history, wherever it stands", () => {
    const history = [{ role: 'USER', message: 'one' }];
    const body = cut({ message: 'two', chat_history: history });
    expect(body.messages.map((message) => textOf(body, message))).toEqual([JSON.stringify(history[0]), '"two"']);
  });

  it('takes the last of repeated lists, as JSON does', () => {
    const body = cutBody(Buffer.from('{"messages":[{"role":"a"}],"messages":[{"role":"b"},{"role":"c"}]}'), 'request');
    expect(body.messages.map(({ role }) => role)).toEqual(['b', 'c']);
  });

  it('makes a block of each long string, and says who spoke it', () => {
    const text = words(200);
    const body = cut({ messages: [{ content: [{ type: 'text', text }], role: 'user' }] });
    const block = body.blocks.find(({ start, end }) => textOf(body, { start, end }) === text);
    expect(block).toMatchObject({ kind: 'text', role: 'user', message: 0 });
  });

  it('keeps the blocks of a history that is sent again with more behind it', () => {
    const history = Array.from({ length: 60 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: words(index % 7 === 0 ? 300 : 5, `m${index}-`),
    }));
    const before = cut({ model: 'm', messages: history, stream: true });
    const after = cut({ model: 'm', messages: [...history, { role: 'user', content: words(9, 'new') }], stream: true });
    const known = new Set(before.blocks.map(({ hash }) => hash));
    const fresh = after.blocks.filter(({ hash }) => !known.has(hash));
    expect(fresh.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(1500);
    expect(after.messages.slice(0, 60).map(({ fingerprint }) => fingerprint)).toEqual(
      before.messages.map(({ fingerprint }) => fingerprint),
    );
  });

  it('cuts a text that grows at its end where it was cut before', () => {
    const text = words(20_000);
    const known = new Set(cut({ prompt: text }).blocks.map(({ hash }) => hash));
    const fresh = cut({ prompt: `${text} and more` }).blocks.filter(({ hash }) => !known.has(hash));
    expect(fresh.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(20_000);
  });

  it('knows a message again wherever the cache mark stands', () => {
    const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const variants = [
      [{ role: 'user', content: [{ type: 'text', text: words(200) }] }],
      [{ role: 'user', content: [{ type: 'text', text: words(200), ...mark }] }],
      [{ role: 'user', content: [{ ...mark, type: 'text', text: words(200) }] }],
      [{ role: 'user', content: words(200) }],
      [{ role: 'user', content: [{ type: 'text', text: words(200) }], ...mark }],
    ].map((messages) => cut({ messages }).messages[0]?.fingerprint);
    expect(new Set(variants).size).toBe(1);
    const plain = cut({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }).messages[0]?.fingerprint;
    const points = [
      [{ text: 'Hi' }, { cachePoint: { type: 'default' } }],
      [{ cachePoint: { type: 'default' } }, { text: 'Hi' }],
    ].map((content) => cut({ messages: [{ role: 'user', content }] }).messages[0]?.fingerprint);
    expect(points).toEqual([plain, plain]);
  });

  it('tells messages apart that differ in a letter, a role, a tool, also behind a cache mark', () => {
    const all = [
      aMessage('a'),
      aMessage('b'),
      aMessage('a', 'assistant'),
      aMessage('a', 'user', { type: 'tool_use' }),
      aMessage(`${words(200)}a`),
      aMessage(`${words(200)}b`),
    ].map((each) => cut({ messages: [each] }).messages[0]?.fingerprint);
    expect(new Set(all).size).toBe(all.length);
  });

  it('gives fingerprints of system prompt and tools, null without them', () => {
    const one = cut({ system: 'A', tools: [{ name: 'f' }], messages: [] });
    expect(cut({ tools: [{ name: 'f' }], messages: [{ role: 'user' }], system: 'A' })).toMatchObject({
      system: one.system,
      tools: one.tools,
    });
    expect(cut({ system: 'B', tools: [{ name: 'g' }] })).not.toMatchObject({ system: one.system });
    expect(cut({ messages: [] })).toMatchObject({ system: null, tools: null });
  });

  it('keeps pictures and sounds whole, behind the head of a data URL', () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(90_000, 7)]).toString('base64');
    const mp3 = Buffer.concat([Buffer.from('ID3'), Buffer.alloc(9000, 9)]).toString('base64');
    const content = [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      { type: 'image', source: { data: png } },
      { type: 'input_audio', input_audio: { data: mp3 } },
    ];
    const body = cut({ messages: [{ role: 'user', content }] });
    const media = body.blocks.filter(({ kind }) => kind === 'image' || kind === 'audio');
    expect(media.map((block) => textOf(body, block))).toEqual([png, png, mp3]);
    expect(new Set(media.map(({ hash }) => hash)).size).toBe(2);
  });

  it('knows a file in a form again, whatever the boundary', () => {
    const file = Buffer.from(Uint8Array.from({ length: 5000 }, (_, index) => (index * 7) % 251));
    const formOf = (boundary: string, prompt: string): Buffer =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n${prompt}\r\n`),
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`),
        file,
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
    const [one, other] = [formOf('xyz', 'first'), formOf('-----------1234', 'second')].map((bytes) =>
      expectLossless(bytes, 'binary'),
    );
    const known = new Set(one?.blocks.map(({ hash }) => hash));
    const same = other?.blocks.filter(({ hash }) => known.has(hash)) ?? [];
    expect(same.map(({ start, end, kind }) => [end - start, kind])).toEqual([[file.length, 'binary']]);
    for (const length of [3, 40, 90, 2000]) expectLossless(formOf('xyz', 'cut').subarray(0, length), 'binary');
  });

  it('cuts streams between events', () => {
    const event = `data: ${JSON.stringify({ text: words(30) })}\n\n`;
    const body = cutBody(Buffer.from(event.repeat(600)), 'stream');
    expect(body.blocks.length).toBeGreaterThan(2);
    expect(body.blocks.every((block) => block.kind === 'event' && textOf(body, block).endsWith('\n\n'))).toBe(true);
  });

  it.runIf(CASSETTES !== null)('cuts every recorded body without losing a byte', () => {
    const providers = readdirSync(CASSETTES ?? '.').filter((name) => name.endsWith('.jsonl'));
    for (const name of providers) {
      for (const { request, response, streaming } of loadCassettes(name.slice(0, -6))) {
        expectLossless(bytesOf(request.body), 'request');
        expectLossless(bytesOf(response.body), streaming ? 'stream' : 'document');
      }
    }
  });
});
