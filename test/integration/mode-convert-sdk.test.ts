import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { type Format, FORMATS } from '../../src/gateway/convert/model.ts';
import { ANTHROPIC, CHAT, RESPONSES } from '../support/answers.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';

const STREAMS: Readonly<Record<Format, string>> = {
  'anthropic-messages': ANTHROPIC,
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
};
const PATHS: Readonly<Record<Format, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};
const CITY = { type: 'object' as const, properties: { city: { type: 'string' } } };

interface Heard {
  path: string;
  body: string;
  headers: string;
}

/** Thinks, talks and calls two tools, whatever it is asked, in the format of the path. */
class Target {
  readonly heard: Heard[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const path = (incoming.url ?? '').split('?')[0] ?? '';
        this.heard.push({
          path,
          body: Buffer.concat(parts).toString(),
          headers: JSON.stringify(incoming.headers),
        });
        const format = FORMATS.find((each) => PATHS[each] === path);
        outgoing.writeHead(format === undefined ? 404 : 200, { 'content-type': 'text/event-stream' });
        // In pieces that are no events.
        const bytes = Buffer.from(format === undefined ? '' : STREAMS[format]);
        for (let at = 0; at < bytes.length; at += 333) outgoing.write(bytes.subarray(at, at + 333));
        outgoing.end();
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** One turn of a loop by the official SDK: the names and inputs of the calls that it is to make, and what was said. */
const ASK: Readonly<Record<Format, (origin: string, model: string) => Promise<unknown>>> = {
  async 'anthropic-messages'(origin, model) {
    const client = new Anthropic({ apiKey: 'their-key', baseURL: `${origin}/anthropic`, maxRetries: 0 });
    const { content, stop_reason: stop } = await client.messages
      .stream({
        model,
        max_tokens: 4000,
        thinking: { type: 'adaptive' },
        messages: [{ role: 'user', content: 'Bonn?' }],
        tools: [
          { name: 'weather', input_schema: CITY },
          { name: 'time', input_schema: CITY },
        ],
      })
      .finalMessage();
    expect(stop).toBe('tool_use');
    const said = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
    return [said, content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input]] : []))];
  },
  async 'openai-chat'(origin, model) {
    const client = new OpenAI({ apiKey: 'their-key', baseURL: `${origin}/openai/v1`, maxRetries: 0 });
    const tools = ['weather', 'time'].map((name) => ({
      type: 'function' as const,
      function: { name, parameters: CITY },
    }));
    const { choices } = await client.chat.completions
      .stream({ model, messages: [{ role: 'user', content: 'Bonn?' }], tools })
      .finalChatCompletion();
    const { message, finish_reason: stop } = choices[0]!;
    expect(stop).toBe('tool_calls');
    const calls = (message.tool_calls ?? []).map(({ function: made }) => [made.name, JSON.parse(made.arguments)]);
    return [[message.content], calls];
  },
  async 'openai-responses'(origin, model) {
    const client = new OpenAI({ apiKey: 'their-key', baseURL: `${origin}/openai/v1`, maxRetries: 0 });
    const tools = ['weather', 'time'].map((name) => ({
      type: 'function' as const,
      name,
      parameters: CITY,
      strict: false,
    }));
    const response = await client.responses.stream({ model, input: 'Bonn?', tools }).finalResponse();
    const calls = response.output.flatMap((item) =>
      item.type === 'function_call' ? [[item.name, JSON.parse(item.arguments)]] : [],
    );
    return [[response.output_text], calls];
  },
};

/** The newest, once there are so many. */
async function recorded(daemon: Daemon, count: number): Promise<CallRecord | undefined> {
  const deadline = performance.now() + 25_000;
  for (;;) {
    const { calls } = (await (await daemon.get('/api/calls?limit=50')).json()) as { calls: CallRecord[] };
    if (calls.length === count || performance.now() > deadline) return calls[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A model for each format. */
function configOf(url: string): string {
  const models = FORMATS.map((format) =>
    ['[[models]]', `id = "at-${format}"`, `target_url = "${url}/v1"`, 'model = "qwen"', `format = "${format}"`].join(
      '\n',
    ),
  );
  return `[target]\nauth = "env:TARGET_KEY"\n\n${models.map((model) => `${model}\nauth = "env:TARGET_KEY"\n`).join('\n')}`;
}

describe('targets that speak another API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-convert-'));
  const target = new Target();
  let daemon: Daemon;

  beforeAll(async () => {
    const config = join(folder, 'llm-proxy.toml');
    writeFileSync(config, configOf(await target.open()));
    daemon = await startDaemon({ args: ['--config', config], env: { TARGET_KEY: 'own-key' } });
  });
  afterAll(async () => {
    await daemon.stop();
    target.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const pairs = FORMATS.flatMap((client) => FORMATS.map((format) => ({ client, format })));
  it.each(pairs)(
    'serve the SDK of $client in $format, and the meter reads their own counts',
    async ({ client, format }) => {
      const seen = await ASK[client](`http://127.0.0.1:${daemon.proxyPort}`, `at-${format}`);
      expect(seen).toEqual([
        ['I lóok it up.'],
        [
          ['weather', { city: 'Bonn' }],
          ['time', {}],
        ],
      ]);

      const heard = target.heard.at(-1);
      expect(heard?.path).toBe(PATHS[format]);
      expect(heard?.headers).not.toContain('their-key');
      expect(heard?.headers).toContain('own-key');
      expect(JSON.parse(heard?.body ?? '{}')).toMatchObject({ model: 'qwen', stream: true });

      const record = await recorded(daemon, target.heard.length);
      expect(record).toMatchObject({
        request_model: `at-${format}`,
        response_model: format === 'anthropic-messages' ? 'claude-x' : 'gpt-x',
        usage: { input_tokens: 42, output_tokens: 25, cache_read_tokens: 30, state: 'final' },
        steer: { rule: 'model', sent_model: 'qwen' },
      });
      expect(record?.anomalies.includes('converted')).toBe(client !== format);
    },
  );
});
