/** One server that speaks the dialect of each provider, by path: a text, a stream of it, a call where tools are offered, an embedding. */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCa, makeLeaf } from '../../support/certificates.ts';

export const TEXT = 'Hello from afar.';
const PIECES = ['Hello ', 'from ', 'afar.'];
const VECTOR = [0.25, -0.5, 0.125];
const CITY = { city: 'Bonn' };

export const HOSTS = [
  'api.openai.com',
  'api.anthropic.com',
  'generativelanguage.googleapis.com',
  'api.groq.com',
  'api.cohere.com',
  'api.mistral.ai',
] as const;

/** What one call has used. */
export interface Used {
  input: number;
  output: number | null;
}

interface Asked {
  path: string;
  body: Record<string, unknown>;
  used: { input: number; output: number };
}

interface Told {
  type: string;
  text: string;
  used: Used;
}

type Dialect = readonly [path: RegExp, tell: (asked: Asked) => Told];

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

function document(value: object, used: Used): Told {
  return { type: JSON_TYPE, text: JSON.stringify(value), used };
}

function events(values: readonly (object | string)[], used: Used, named = false): Told {
  const text = values
    .map((value) => {
      const data = typeof value === 'string' ? value : JSON.stringify(value);
      const name = named && typeof value === 'object' ? `event: ${(value as { type: string }).type}\n` : '';
      return `${name}data: ${data}\n\n`;
    })
    .join('');
  return { type: SSE_TYPE, text, used };
}

const DIALECTS: readonly Dialect[] = [
  [/\/chat\/completions$/, openaiChat],
  [/\/responses$/, openaiResponse],
  [/\/embeddings$/, openaiEmbedding],
  [/\/v1\/messages$/, anthropicMessage],
  [/:(?:generateContent|streamGenerateContent)/, geminiContent],
  [/:(?:batchEmbedContents|embedContent)/, geminiEmbedding],
  [/\/v2\/chat$/, cohereChat],
  [/\/v2\/embed$/, cohereEmbedding],
  [/\/api\/chat$/, ollamaChat],
  [/\/api\/embed$/, ollamaEmbedding],
];

/** Some SDKs send an empty list. */
function offersTools({ tools }: Record<string, unknown>): boolean {
  return Array.isArray(tools) && tools.length > 0;
}

function openaiChat({ body, used }: Asked): Told {
  const usage = { prompt_tokens: used.input, completion_tokens: used.output, total_tokens: used.input + used.output };
  const common = { id: `chat-${used.input}`, created: 1_760_000_000, model: 'a-model' };
  const call = { id: 'call_0001', type: 'function', function: { name: 'weather', arguments: JSON.stringify(CITY) } };
  const message = !offersTools(body) ? { content: TEXT } : { content: null, tool_calls: [call] };
  const finish = !offersTools(body) ? 'stop' : 'tool_calls';
  if (body['stream'] !== true) {
    const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
    return document({ ...common, object: 'chat.completion', choices, usage }, used);
  }
  const chunk = (delta: object, reason: string | null, more: object = {}): object => ({
    ...common,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: reason }],
    ...more,
  });
  const said = PIECES.map((content) => chunk({ role: 'assistant', content }, null));
  // Mistral's way: it states the usage unasked, on the last choice.
  return events([...said, chunk({ content: '' }, 'stop', { usage }), '[DONE]'], used);
}

function openaiResponse({ used }: Asked): Told {
  const content = [{ type: 'output_text', text: TEXT, annotations: [] }];
  const output = [{ id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content }];
  const usage = {
    input_tokens: used.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: used.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: used.input + used.output,
  };
  return document(
    {
      id: `resp_${used.input}`,
      object: 'response',
      created_at: 1,
      status: 'completed',
      model: 'a-model',
      output,
      usage,
    },
    used,
  );
}

function openaiEmbedding({ body, used: { input } }: Asked): Told {
  // The SDK of OpenAI asks for floats in base64.
  const embedding =
    body['encoding_format'] === 'base64' ? Buffer.from(new Float32Array(VECTOR).buffer).toString('base64') : VECTOR;
  const usage = { prompt_tokens: input, completion_tokens: 0, total_tokens: input };
  const data = [{ object: 'embedding', index: 0, embedding }];
  return document({ id: 'e', object: 'list', data, model: 'a-model', usage }, { input, output: null });
}

function anthropicMessage({ body, used }: Asked): Told {
  const common = { id: `msg_${used.input}`, type: 'message', role: 'assistant', model: 'a-model', stop_sequence: null };
  const usage = { input_tokens: used.input, output_tokens: used.output };
  const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: CITY };
  if (body['stream'] !== true) {
    const hasTools = offersTools(body);
    const content = hasTools ? [call] : [{ type: 'text', text: TEXT }];
    return document({ ...common, content, stop_reason: hasTools ? 'tool_use' : 'end_turn', usage }, used);
  }
  const message = { ...common, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const deltas = PIECES.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }));
  return events(
    [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...deltas,
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: used.output },
      },
      { type: 'message_stop' },
    ],
    used,
    true,
  );
}

function geminiContent({ path, body, used }: Asked): Told {
  const usageMetadata = {
    promptTokenCount: used.input,
    candidatesTokenCount: used.output,
    totalTokenCount: used.input + used.output,
  };
  const answer = (part: object, finishReason?: string): object => ({
    candidates: [
      { index: 0, content: { role: 'model', parts: [part] }, ...(finishReason === undefined ? {} : { finishReason }) },
    ],
    usageMetadata,
    modelVersion: 'a-model',
    responseId: `r${used.input}`,
  });
  if (path.includes(':streamGenerateContent')) {
    return events(
      PIECES.map((text, index) => answer({ text }, index === PIECES.length - 1 ? 'STOP' : undefined)),
      used,
    );
  }
  const part = !offersTools(body) ? { text: TEXT } : { functionCall: { name: 'weather', args: CITY } };
  return document(answer(part, 'STOP'), used);
}

function geminiEmbedding({ path, used: { input } }: Asked): Told {
  const usageMetadata = { promptTokenCount: input, totalTokenCount: input };
  const values = { values: VECTOR };
  const answer = path.includes(':batchEmbed') ? { embeddings: [values] } : { embedding: values };
  return document({ ...answer, usageMetadata }, { input, output: null });
}

function cohereChat({ body, used }: Asked): Told {
  const counts = { input_tokens: used.input, output_tokens: used.output };
  const usage = { billed_units: counts, tokens: counts };
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: JSON.stringify(CITY) } };
  const id = `c${used.input}`;
  if (body['stream'] !== true) {
    const hasTools = offersTools(body);
    const said = hasTools ? { tool_calls: [call] } : { content: [{ type: 'text', text: TEXT }] };
    return document(
      { id, message: { role: 'assistant', ...said }, finish_reason: hasTools ? 'TOOL_CALL' : 'COMPLETE', usage },
      used,
    );
  }
  const empty = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  return events(
    [
      { type: 'message-start', id, delta: { message: empty } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      ...PIECES.map((text) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })),
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } },
    ],
    used,
    true,
  );
}

function cohereEmbedding({ used: { input } }: Asked): Told {
  const meta = { api_version: { version: '2' }, billed_units: { input_tokens: input } };
  return document(
    { id: `e${input}`, texts: ['hello'], embeddings: { float: [VECTOR] }, meta, response_type: 'embeddings_by_type' },
    { input, output: null },
  );
}

function ollamaChat({ body, used }: Asked): Told {
  const common = { model: 'a-model', created_at: '2026-01-01T00:00:00Z' };
  const counts = { done: true, done_reason: 'stop', prompt_eval_count: used.input, eval_count: used.output };
  const call = { function: { name: 'weather', arguments: CITY } };
  if (body['stream'] !== true) {
    const said = !offersTools(body) ? { content: TEXT } : { content: '', tool_calls: [call] };
    return document({ ...common, message: { role: 'assistant', ...said }, ...counts }, used);
  }
  const lines = [
    ...PIECES.map((content) => ({ ...common, message: { role: 'assistant', content }, done: false })),
    { ...common, message: { role: 'assistant', content: '' }, ...counts },
  ];
  return { type: 'application/x-ndjson', text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), used };
}

function ollamaEmbedding({ used: { input } }: Asked): Told {
  return document({ model: 'a-model', embeddings: [VECTOR], prompt_eval_count: input }, { input, output: null });
}

export interface Dialects {
  /** TLS, for all hosts. */
  port: number;
  /** Plain, as model servers of one's own are. */
  plainPort: number;
  authority: string;
  /** In order; none is like another. */
  used: readonly Used[];
  /** Paths that nobody speaks. */
  strange: readonly string[];
  close(): Promise<void>;
}

export async function startDialects(): Promise<Dialects> {
  const used: Used[] = [];
  const strange: string[] = [];
  const listener: RequestListener = (incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const path = incoming.url ?? '';
      const tell = DIALECTS.find(([pattern]) => pattern.test(path.split('?')[0] ?? ''))?.[1];
      if (tell === undefined) {
        strange.push(path);
        outgoing.writeHead(404).end('{}');
        return;
      }
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      const told = tell({ path, body, used: { input: 100 + used.length, output: 10 + used.length } });
      used.push(told.used);
      outgoing.writeHead(200, { 'content-type': told.type }).end(told.text);
    });
  };
  const ca = makeCa();
  const leaf = makeLeaf(ca, { dns: HOSTS });
  const servers: Server[] = [createServer(leaf, listener), createHttpServer(listener)];
  const [port = 0, plainPort = 0] = await Promise.all(servers.map(listening));
  return {
    port,
    plainPort,
    authority: ca.pem,
    used,
    strange,
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
