// A provider on loopback: JSON answers, paced SSE, large bodies. Its own process, so that its CPU is not counted.
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';

const { KEY, CERT } = process.env;
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(24);
const json = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1790000000,
    model: 'gpt-4o-2024-11-20',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 1200,
      completion_tokens: 220,
      total_tokens: 1420,
      prompt_tokens_details: { cached_tokens: 1024 },
    },
  }),
);
const big = Buffer.alloc(1 << 20, 'x');

const server = createServer({ key: readFileSync(KEY), cert: readFileSync(CERT) }, (request, response) => {
  const url = new URL(request.url, 'https://x');
  if (url.pathname === '/sse')
    return sse(request, response, Number(url.searchParams.get('chunks')), Number(url.searchParams.get('gap')));
  if (url.pathname === '/big') return large(request, response, Number(url.searchParams.get('mb')));
  request.resume();
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': json.length,
      'x-request-id': 'req_bench',
    });
    response.end(json);
  });
});

const event = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  model: 'gpt-4o-2024-11-20',
  choices: [{ index: 0, delta: { content: ' word' }, finish_reason: null }],
  usage: null,
}).slice(1);

/**
 * One event every `gap` ms; each carries its sending time (microseconds of CLOCK_MONOTONIC, shared by all processes).
 * Events go to the socket as one piece, HTTP chunk and all: node:http would spend more on them than a relay does.
 */
function sse(request, response, chunks, gap) {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const { socket } = response;
  let sent = 0;
  const next = () => {
    if (socket.destroyed) return clearInterval(timer);
    if (sent++ < chunks) {
      const [seconds, nanoseconds] = process.hrtime();
      const text = `data: {"t":"${seconds * 1e6 + Math.floor(nanoseconds / 1e3)}",${event}\n\n`;
      return void socket.write(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1');
    }
    clearInterval(timer);
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', model: 'gpt-4o-2024-11-20', choices: [], usage: { prompt_tokens: 12, completion_tokens: chunks, total_tokens: 12 + chunks } })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  };
  next();
  const timer = setInterval(next, gap);
}

/** Downloads `mb` MiB and swallows whatever is uploaded. */
function large(request, response, mb) {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': mb * big.length });
    let left = mb;
    const write = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(big)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
}

server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
