import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../src/providers/registry.ts';
import type { Metered } from '../../src/usage/metered.ts';
import { bytesOf, CASSETTES, loadCassettes, truthMismatches, type Cassette } from '../support/cassettes.ts';
import { cut, encode, play } from './replay.ts';

const PROVIDERS: Record<string, string> = {
  anthropic: 'anthropic',
  openai: 'openai',
  gemini: 'google',
  bedrock: 'bedrock',
};
const LOCAL = new Set(['ollama', 'llamacpp', 'vllm']);
const OTHERS = (
  'ai21 azure cerebras cloudflare dashscope deepseek github-copilot groq huggingface llamacpp mistral moonshot ollama ' +
  'openrouter perplexity together vercel-gateway vertex vllm voyage xai zai cohere'
).split(' ');

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

describe.skipIf(CASSETTES === null)('recorded traffic of providers', () => {
  for (const [file, provider] of Object.entries(PROVIDERS)) {
    const cassettes = loadCassettes(file);
    test(`${file}: every answer is metered as the provider stated it`, async () => {
      const wrong: string[] = [];
      for (const cassette of cassettes) {
        wrong.push(...judge(await play(cassette, { directory, provider }), cassette));
      }
      expect(wrong).toEqual([]);
    });

    test.each([1, 2, 7, 1448, { seed: 1 }, { seed: 2 }])(
      `${file}: the same when cut into pieces of %o`,
      async (length) => {
        const wrong: string[] = [];
        for (const cassette of cassettes) {
          const body = encode(bytesOf(cassette.response.body), cassette.original_content_encoding);
          // Byte by byte is slow for the megabytes of an image.
          if (length === 1 && body.length > 100_000) continue;
          wrong.push(...judge(await play(cassette, { directory, provider, pieces: cut(body, length) }), cassette));
        }
        expect(wrong).toEqual([]);
      },
    );

    test.each(['gzip', 'br', 'deflate'])(`${file}: the same under content-encoding %s`, async (coding) => {
      const wrong: string[] = [];
      for (const cassette of cassettes) {
        const pieces = cut(encode(bytesOf(cassette.response.body), coding), { seed: 3 });
        wrong.push(...judge(await play(cassette, { directory, provider, pieces, contentEncoding: coding }), cassette));
      }
      expect(wrong).toEqual([]);
    });

    test(`${file}: the same at a host that nobody knows`, async () => {
      const wrong: string[] = [];
      for (const cassette of cassettes.filter((each) => each.truth !== null)) {
        // What is a stored answer, and which file holds batch results, only the provider's own table can say.
        const metered = await play(cassette, { directory, provider: null, host: 'llm.example' });
        if (cassette.request.method.toUpperCase() === 'POST') wrong.push(...judge(metered, cassette));
      }
      expect(wrong).toEqual([]);
    });
  }

  const representatives = representativesOf();
  test.each(representatives)('$dialect: one cut anywhere changes nothing', async ({ cassette, provider }) => {
    const body = bytesOf(cassette.response.body);
    const expected = essence(await play(cassette, { directory, provider, pieces: [body] }));
    for (let at = 1; at < body.length; at += 1) {
      const pieces = [body.subarray(0, at), body.subarray(at)];
      const found = essence(await play(cassette, { directory, provider, pieces }));
      // `expect` takes longer than the play.
      if (!isDeepStrictEqual(found, expected)) expect(found, `cut at ${at}`).toEqual(expected);
    }
  });

  test.each(representatives)(
    '$dialect: the end missing from anywhere leaves a partial record',
    async ({ cassette, provider }) => {
      const body = bytesOf(cassette.response.body);
      const whole = await play(cassette, { directory, provider, pieces: [body] });
      const wrong: string[] = [];
      for (let at = 0; at < body.length; at += 1) {
        const pieces = [body.subarray(0, at)];
        const { usage } = await play(cassette, { directory, provider, pieces, outcome: 'upstream_aborted' });
        const lost = body.subarray(at).toString().trim();
        // Final only when all that mattered had come: what is missing is the closing mark, or nothing.
        const isEarly = usage.output_tokens !== whole.usage.output_tokens || lost.length >= 40;
        if (usage.state === 'final' && isEarly) wrong.push(`final without ${lost.slice(0, 80)}`);
        if (usage.state === 'partial' && usage.output_tokens !== null && usage.input_tokens === null)
          wrong.push(`output without input at ${at}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  test('other providers are mostly right by dialect alone (a report, not a promise)', async () => {
    const lines: string[] = [];
    let right = 0;
    let all = 0;
    for (const file of OTHERS) {
      let good = 0;
      const judged = loadCassettes(file).filter((cassette) => cassette.truth !== null);
      for (const cassette of judged) {
        const provider = LOCAL.has(file) ? file : null;
        const metered = await play(cassette, { directory, provider, host: 'unknown.example' });
        const found = judge(metered, cassette);
        if (found.length === 0) good += 1;
        else if (process.env['SHOW'] === file) lines.push(found[0] ?? '');
      }
      lines.push(`${file} ${good}/${judged.length}`);
      right += good;
      all += judged.length;
    }
    console.info(`by dialect alone: ${right} of ${all}\n${lines.join('\n')}`);
    expect(right / all).toBeGreaterThan(0.75);
  });
});

function judge(metered: Metered, cassette: Cassette): string[] {
  const { usage } = metered;
  const found: string[] = [];
  // A part of a call taken for a call of its own.
  if (metered.tool_calls.some(({ name }) => name === '')) found.push('a tool call without a name');
  if (cassette.truth !== null) {
    found.push(...truthMismatches(metered, cassette.truth));
    if (usage.state !== 'final') found.push(`state ${usage.state}`);
    if (usage.source === 'regex') found.push('by regex');
  } else if (usage.state === 'final' && metered.isInference && (usage.input_tokens ?? usage.output_tokens) !== null) {
    found.push(`invented ${JSON.stringify(usage).slice(0, 200)} (${cassette.truth_reason})`);
  }
  return found.map((text) => `${cassette.id} ${cassette.operation} ${cassette.request.url.slice(0, 80)}: ${text}`);
}

/** All that must not depend on where the bytes were cut. */
function essence({
  usage,
  assembled,
  tool_calls,
  response_model,
  response_id,
  stop_reason,
  error,
  side,
}: Metered): object {
  return { usage, assembled, tool_calls, response_model, response_id, stop_reason, error, side };
}

/** The shortest stream of each dialect that has what makes it difficult. */
function representativesOf(): { dialect: string; provider: string; cassette: Cassette }[] {
  const wanted: [dialect: string, file: string, hit: (cassette: Cassette, body: string) => boolean][] = [
    ['anthropic', 'anthropic', (_, body) => body.includes('input_json_delta')],
    ['anthropic document', 'anthropic', (each, body) => each.operation === 'messages' && body.startsWith('{')],
    ['openai-chat', 'openai', (_, body) => body.includes('chat.completion.chunk')],
    ['assistants', 'openai', (each) => each.operation === 'threads-runs' && each.streaming],
    ['openai-responses', 'openai', (_, body) => body.includes('response.completed')],
    ['gemini', 'gemini', (_, body) => body.startsWith('data:') && body.includes('\r\n')],
    ['gemini array', 'gemini', (_, body) => body.startsWith('[')],
    ['gemini-interactions', 'gemini', (_, body) => body.includes('interaction.completed')],
    ['bedrock-converse', 'bedrock', (each) => each.operation === 'converse-stream'],
    [
      'bedrock-invoke',
      'bedrock',
      (each) => each.operation === 'invoke-stream' && each.truth?.['cache_write_1h_tokens'] === 0,
    ],
    ['bedrock document', 'bedrock', (each) => each.operation === 'converse'],
    ['ollama', 'ollama', (each) => each.operation === 'native-chat' && each.streaming],
  ];
  return wanted.flatMap(([dialect, file, hit]) => {
    const hits = loadCassettes(file)
      .filter(
        (cassette) => cassette.truth !== null && hit(cassette, bytesOf(cassette.response.body).toString().trimStart()),
      )
      .sort((a, b) => bytesOf(a.response.body).length - bytesOf(b.response.body).length);
    const cassette = hits[0];
    return cassette === undefined ? [] : [{ dialect, provider: PROVIDERS[file] ?? file, cassette }];
  });
}
