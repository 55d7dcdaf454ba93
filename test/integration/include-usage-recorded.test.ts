import { describe, expect, it } from 'vitest';
import { mayIncludeUsage, spliced, UsageQuestion } from '../../src/gateway/include-usage.ts';
import { UsageChunkFilter } from '../../src/gateway/usage-chunk-filter.ts';
import { type Cassette, CASSETTES, loadCassettes } from '../support/cassettes.ts';

/** Recordings of providers that may be asked. */
const PROVIDERS = ['openai', 'azure', 'dashscope', 'ollama', 'xai', 'vllm', 'cloudflare', 'github-copilot', 'zai'];

type Json = Record<string, unknown>;

function bytesOf(body: Cassette['request']['body']): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
}

function requestOf({ request }: Cassette): Json {
  try {
    return JSON.parse(bytesOf(request.body).toString()) as Json;
  } catch {
    return {};
  }
}

function asks(request: Json): boolean {
  return (request['stream_options'] as Json | null | undefined)?.['include_usage'] === true;
}

const streams = (CASSETTES === null ? [] : PROVIDERS).flatMap((provider) =>
  loadCassettes(provider)
    .filter(({ request }) => /\/completions(?:\?|$)/.test(request.url))
    .filter((cassette) => requestOf(cassette)['stream'] === true && cassette.response.status === 200)
    .map((cassette) => ({ provider, cassette, request: requestOf(cassette) })),
);

/** In pieces of uneven length. */
function filtered(body: Buffer, withoutNulls: boolean): string {
  const filter = new UsageChunkFilter({ withoutNulls });
  const out: Buffer[] = [];
  for (let at = 0, size = 1; at < body.length; at += size, size = (size * 7 + 3) % 1_000 || 1)
    out.push(filter.push(body.subarray(at, at + size)));
  return Buffer.concat([...out, filter.end()]).toString();
}

function dataOf(body: string): string[] {
  return body.split(/\r?\n/).filter((line) => line.startsWith('data:'));
}

function isUsageChunk(line: string): boolean {
  const chunk = chunkOf(line);
  const { choices, usage, prompt_filter_results: results } = chunk ?? {};
  return (
    Array.isArray(choices) &&
    choices.length === 0 &&
    typeof usage === 'object' &&
    usage !== null &&
    !(Array.isArray(results) && results.length > 0)
  );
}

function chunkOf(line: string): Json | null {
  try {
    return JSON.parse(line.slice('data:'.length)) as Json;
  } catch {
    return null;
  }
}

describe.skipIf(CASSETTES === null)('the question for usage, in recorded traffic', () => {
  it('has streams of both kinds to be tried on', () => {
    expect(streams.filter(({ request }) => asks(request)).length).toBeGreaterThan(50);
    expect(streams.filter(({ request }) => !asks(request)).length).toBeGreaterThan(15);
  });

  it('takes the usage chunk out of streams that were asked for it, and every other event stays', () => {
    let removed = 0;
    for (const { cassette, request } of streams) {
      if (!asks(request)) continue;
      const body = bytesOf(cassette.response.body);
      const before = dataOf(body.toString());
      const after = dataOf(filtered(body, false));
      expect(after, cassette.id).toEqual(before.filter((line) => !isUsageChunk(line)));
      removed += before.length - after.length;
    }
    expect(removed).toBeGreaterThan(40);
  });

  it('leaves no trace of a usage in what OpenAI wrote, and nothing else is missing', () => {
    let changed = 0;
    for (const { provider, cassette, request } of streams) {
      if (provider !== 'openai' || !asks(request)) continue;
      const body = bytesOf(cassette.response.body);
      const before = dataOf(body.toString()).filter((line) => !isUsageChunk(line));
      const after = dataOf(filtered(body, true));
      expect(after).toHaveLength(before.length);
      for (const [index, line] of before.entries()) {
        const chunk = chunkOf(line);
        if (chunk?.['usage'] === null) {
          delete chunk['usage'];
          changed += 1;
        }
        expect(chunkOf(after[index] ?? ''), cassette.id).toEqual(chunk);
      }
    }
    expect(changed).toBeGreaterThan(20);
  });

  it('changes no byte of streams that were not asked', () => {
    for (const { provider, cassette, request } of streams) {
      if (asks(request)) continue;
      const body = bytesOf(cassette.response.body);
      expect(filtered(body, provider === 'openai'), cassette.id).toBe(body.toString());
    }
  });

  it('is put into every recorded request that lacks it, and into none that has it', () => {
    for (const { cassette, request } of streams) {
      const { method, url, headers } = cassette.request;
      const shape = { method, target: new URL(url).pathname, headers: Object.entries(headers) };
      const typed = [
        ...shape.headers.filter(([name]) => name !== 'content-type'),
        ['content-type', 'application/json'],
      ];
      expect(mayIncludeUsage({ ...shape, headers: typed as [string, string][] }), cassette.id).toBe(true);
      const { stream_options: asked, ...rest } = request;
      const body = Buffer.from(JSON.stringify(asks(request) ? rest : request));
      const question = new UsageQuestion();
      question.push(body);
      const splice = question.splice();
      expect(splice, cassette.id).not.toBeNull();
      if (splice === null) continue;
      const after = JSON.parse(Buffer.concat(spliced([body], splice)).toString()) as Json;
      const options = asks(request) ? {} : (asked as Json | undefined);
      expect(after, cassette.id).toEqual({ ...rest, stream_options: { ...options, include_usage: true } });
    }
    for (const { cassette, request } of streams) {
      if (!asks(request)) continue;
      const question = new UsageQuestion();
      question.push(bytesOf(cassette.request.body));
      expect(question.splice(), cassette.id).toBeNull();
    }
  });
});
