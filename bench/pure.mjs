// npm run bench:pure: how fast the metering itself is, without sockets, on one core; each figure is the best of several
// runs, in CPU time of this process.
import { allStreams, meter } from './streams.mjs';
import { deflateRawSync, constants } from 'node:zlib';
import { findUsage } from '../dist/usage/regex.js';
import { socketMeter } from './streams.mjs';

const BARS = { sse: 150, agent: 3, regex: 5, socket: 15, deflate: 60 };
const CHUNK = 1448;

const event = (index) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-5', service_tier: 'default', system_fingerprint: 'fp_1', choices: [{ index: 0, delta: { content: ` word${index}` }, logprobs: null, finish_reason: null }], usage: null, obfuscation: 'abcdefgh' })}\n\n`;
const closing = `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-5', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4000, total_tokens: 4009 } })}\n\ndata: [DONE]\n\n`;

const base = {
  host: 'api.openai.com',
  provider: 'openai',
  requestHead: Buffer.from('POST /v1/chat/completions HTTP/1.1\r\ncontent-type: application/json\r\n\r\n'),
  requestBody: Buffer.from('{"model":"gpt-5","stream":true}'),
  responseHead: Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'),
};
const sse = Buffer.from(Array.from({ length: 4000 }, (_, index) => event(index)).join('') + closing);
const messages = Array.from({ length: 120 }, (_, index) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content: [{ type: 'text', text: `Turn ${index}: ${'the quick brown fox jumps over the lazy dog. '.repeat(55)}` }],
}));
const agent = {
  host: 'api.anthropic.com',
  provider: 'anthropic',
  requestHead: Buffer.from('POST /v1/messages HTTP/1.1\r\ncontent-type: application/json\r\n\r\n'),
  requestBody: Buffer.from(
    JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 1000, system: 'x'.repeat(9000), messages }),
  ),
  responseHead: Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n'),
};
const agentAnswer = Buffer.from(
  JSON.stringify({
    id: 'msg_1',
    type: 'message',
    model: 'claude-sonnet-4-5',
    content: [{ type: 'text', text: 'Done.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 9, output_tokens: 4 },
  }),
);

const rows = [];
const sseMs = await best(20, () => meter(base, pieces(sse, CHUNK)));
rows.push([
  'SSE, typical events, pieces of 1,448 bytes',
  `${(sse.length / 1e6 / (sseMs / 1000)).toFixed(0)} MB/s`,
  `>= ${BARS.sse}`,
  sse.length / 1e6 / (sseMs / 1000) >= BARS.sse,
]);
const agentMs = await best(50, () => meter(agent, [agentAnswer]));
rows.push([
  `agent request of ${Math.round(agent.requestBody.length / 1000)} kB, with its answer`,
  `${agentMs.toFixed(2)} ms`,
  `<= ${BARS.agent}`,
  agentMs <= BARS.agent,
]);
for (const [name, isPacked, bar] of [
  ['messages of 1 kB on a WebSocket, every other one masked', false, BARS.socket],
  ['the same, compressed with its window kept', true, BARS.deflate],
]) {
  const frames = socketFrames(isPacked);
  const micros = (await best(10, () => socketMeter(frames, isPacked))) * (1000 / frames.length);
  rows.push([name, `${micros.toFixed(1)} us`, `<= ${bar}`, micros <= bar]);
}
for (const [name, text] of worstTexts()) {
  const ms = await best(10, () => void findUsage(text));
  rows.push([`last resort over 64 kB of ${name}`, `${ms.toFixed(2)} ms`, `<= ${BARS.regex}`, ms <= BARS.regex]);
}
for (const framing of ['sse', 'ndjson', 'json-array', 'document', 'eventstream']) {
  const corpus = allStreams().filter((each) => each.framing === framing && each.body.length > 0);
  const total = corpus.reduce((sum, { body }) => sum + body.length, 0);
  if (corpus.length === 0) continue;
  const ms = await best(5, async () => {
    for (const each of corpus) await meter(each, pieces(each.body, CHUNK));
  });
  rows.push([
    `${corpus.length} ${framing} answers, ${(total / 1e6).toFixed(1)} MB, heads and requests included`,
    `${(total / 1e6 / (ms / 1000)).toFixed(0)} MB/s`,
    '',
    true,
  ]);
}
for (const [what, figure, bar, holds] of rows)
  process.stdout.write(`${what.padEnd(66)}${figure.padStart(10)}  ${bar}${holds ? '' : '  MISSED'}\n`);
if (rows.some(([, , , holds]) => !holds)) process.exitCode = 1;

function pieces(bytes, size) {
  const list = [];
  for (let at = 0; at < bytes.length; at += size) list.push(bytes.subarray(at, at + size));
  return list;
}

/** A client's messages and a server's in turn, of 1 kB each. */
function socketFrames(isPacked) {
  const windows = { request: Buffer.alloc(0), response: Buffer.alloc(0) };
  return Array.from({ length: 2000 }, (_, index) => {
    const side = index % 2 === 0 ? 'request' : 'response';
    const text = `${index} word `.repeat(200).slice(0, 900);
    const said =
      side === 'request'
        ? { type: 'conversation.item.create', item: { text } }
        : { type: 'response.output_text.delta', response_id: `r${index >> 4}`, item_id: 'i', delta: text };
    const bytes = Buffer.from(JSON.stringify(said));
    if (!isPacked) return [side, frameOf(bytes, side === 'request', 0x81)];
    const dictionary = windows[side].length === 0 ? {} : { dictionary: windows[side] };
    const packed = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary }).subarray(0, -4);
    windows[side] = Buffer.concat([windows[side], bytes]).subarray(-32_768);
    return [side, frameOf(packed, side === 'request', 0xc1)];
  });
}

function frameOf(bytes, masked, first) {
  const mask = masked ? 0x80 : 0;
  const head =
    bytes.length < 126 ? [first, mask | bytes.length] : [first, mask | 126, bytes.length >> 8, bytes.length & 255];
  const key = [1, 2, 3, 4];
  if (!masked) return Buffer.concat([Buffer.from(head), bytes]);
  return Buffer.concat([Buffer.from(head), Buffer.from(key), bytes.map((byte, index) => byte ^ key[index & 3])]);
}

async function best(times, run) {
  let least = Infinity;
  for (let round = 0; round < times; round += 1) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function worstTexts() {
  const size = 64 * 1024;
  return [
    ['opened objects', '"usage":{'.repeat(size / 9)],
    ['nested objects', `"usage":${'{"a":'.repeat(size / 5)}`],
    ['quotes', '"usage" : {"'.repeat(size / 12)],
    ['blanks', `"usage"${' '.repeat(size - 10)}:{`],
    ['keys without an end', '"usage"                                :'.repeat(size / 40)],
  ];
}
