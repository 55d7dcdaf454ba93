// npm run soak -- [--count 1000000] [--only sse,ndjson,…] [--seed 1]: random cuts and mutations of real streams through
// every decoder, as bytes come off the wire. Uncut and unharmed: the same result for every chunking. Harmed: no throw, no
// impossible number, bounded memory. Exit code 1 with the seed of the first failure.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readFlags } from './flags.mjs';
import { allStreams, meter } from './streams.mjs';

const flags = readFlags(import.meta.url, {
  options: {
    count: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'sse,ndjson,json-array,document,eventstream,grpc,gzip' },
    seed: { type: 'string', default: '1' },
    longest: { type: 'string', default: '4000' },
  },
});
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const COUNT = Number(flags.count);
const TOKENS = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens'];
const WORDS = [
  '"usage":',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\n',
  '\r\n\r\n',
  'data: ',
  ':',
  ',',
  '-1',
  '1e400',
  'null',
  '\0',
  '\uFEFF',
  '__proto__',
  'é',
  '9007199254740993',
];
const HEAP_SLACK = 64 * 1024 * 1024;

const streams = allStreams().filter(({ body }) => body.length > 0 && body.length <= Number(flags.longest));
let failed = false;
for (const framing of flags.only.split(',')) await fuzz(framing);
process.exitCode = failed ? 1 : 0;

async function fuzz(framing) {
  const gzip = framing === 'gzip';
  const corpus = streams.filter((each) => gzip || each.framing === framing);
  if (corpus.length === 0) return void process.stdout.write(`${framing.padEnd(12)} no streams here: SKIPPED\n`);
  for (const each of corpus) each.whole = essence(await meter(each, [each.body]));
  collect();
  const before = process.memoryUsage();
  const started = performance.now();
  const count = gzip ? Math.ceil(COUNT / 20) : COUNT;
  let largest = 0;
  for (let round = 0; round < count && !failed; round += 1) {
    const seed = Number(flags.seed) * 1e9 + round;
    const random = generator(seed);
    const each = corpus[random() % corpus.length];
    try {
      await one(each, random, gzip);
    } catch (error) {
      failed = true;
      process.stderr.write(`${framing}, --seed ${String(flags.seed)}, round ${round}, ${each.name}: ${error.stack}\n`);
    }
    if (round % 50_000 !== 49_999) continue;
    collect();
    largest = Math.max(largest, process.memoryUsage().heapUsed);
    if (largest - before.heapUsed <= HEAP_SLACK) continue;
    failed = true;
    process.stderr.write(`${framing}: the heap grew from ${mb(before.heapUsed)} to ${mb(largest)} MB\n`);
  }
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `${framing.padEnd(12)} ${String(count).padStart(8)} rounds over ${corpus.length} streams in ${seconds.toFixed(0)} s, ` +
      `heap ${mb(before.heapUsed)} -> ${mb(Math.max(largest, before.heapUsed))} MB: ${failed ? 'FAILED' : 'ok'}\n`,
  );
}

async function one(each, random, gzip) {
  const wire = gzip ? each.gzipBody : each.body;
  if (random() % 3 === 0) {
    const seen = essence(await meter(each, cut(wire, random), { gzip }));
    if (seen !== each.whole) throw new Error(`cut otherwise, it reads otherwise:\n${seen}\n${each.whole}`);
    return;
  }
  const outcome = random() % 4 === 0 ? 'upstream_aborted' : 'complete';
  const { usage } = await meter(each, cut(mutated(wire, random), random), { gzip, outcome });
  for (const name of TOKENS) {
    const count = usage[name];
    if (count !== null && !(Number.isSafeInteger(count) && count >= 0)) throw new Error(`${name} = ${count}`);
  }
  for (const [name, amount] of Object.entries(usage.units)) {
    if (!(Number.isFinite(amount) && amount >= 0)) throw new Error(`${name} = ${amount}`);
  }
}

/** All that must not depend on where the bytes were cut. */
function essence({ usage, assembled, tool_calls, response_model, response_id, stop_reason, error, side }) {
  return JSON.stringify([usage, assembled, tool_calls, response_model, response_id, stop_reason, error, side]);
}

function cut(bytes, random) {
  const most = [1, 3, 17, 200, 5000][random() % 5];
  const pieces = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + (random() % most);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function mutated(bytes, random) {
  let result = Buffer.from(bytes);
  for (let times = 1 + (random() % 4); times > 0; times -= 1) {
    const at = random() % (result.length + 1);
    const length = random() % 64;
    const kind = random() % 6;
    if (kind === 0 && at < result.length) result[at] = random() % 256;
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 2)
      result = Buffer.concat([
        result.subarray(0, at),
        Buffer.from(WORDS[random() % WORDS.length]),
        result.subarray(at),
      ]);
    else if (kind === 3) result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
    else if (kind === 4) result = result.subarray(0, at);
    else if (at < result.length) result[at] ^= 1 << (random() % 8);
  }
  return result;
}

/** 32-bit xorshift; the same for the same seed everywhere. */
function generator(seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

function mb(size) {
  return Math.round(size / 1024 / 1024);
}
