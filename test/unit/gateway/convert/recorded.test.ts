import { describe, expect, it } from 'vitest';
import { AnswerCollector, type Answer } from '../../../../src/gateway/convert/answer.ts';
import type { ConvertedRequest } from '../../../../src/gateway/convert/conversion.ts';
import { FORMATS_BY_NAME } from '../../../../src/gateway/convert/formats.ts';
import { type Format, FORMATS, type ModelRequest, type Part } from '../../../../src/gateway/convert/model.ts';
import { Notes, type RefusalName } from '../../../../src/gateway/convert/notes.ts';
import type { JsonObject } from '../../../../src/providers/families/json.ts';
import { bytesOf, type Cassette, CASSETTES, loadCassettes } from '../../../support/cassettes.ts';
import { Direction, eventsOf, through } from '../../../support/conversions.ts';

const PROVIDERS = [
  'anthropic',
  'vertex',
  'openai',
  'azure',
  'deepseek',
  'groq',
  'mistral',
  'xai',
  'openrouter',
  'github-copilot',
  'bedrock',
  'huggingface',
  'llamacpp',
  'vllm',
  'ollama',
  'together',
  'cerebras',
  'moonshot',
  'perplexity',
  'zai',
  'dashscope',
  'ai21',
  'vercel-gateway',
];

const FORMAT_OF: Readonly<Record<string, Format>> = {
  messages: 'anthropic-messages',
  'chat-completions': 'openai-chat',
  responses: 'openai-responses',
};

/** Why a recorded request may be refused. */
const REFUSALS: ReadonlySet<RefusalName> = new Set<RefusalName>([
  'hosted_tool',
  'tool',
  'part',
  'media',
  'file_id',
  'stop',
  'audio',
  'several_answers',
  'functions',
  'stored_state',
  'compaction',
  'tool_choice',
]);

interface Recorded {
  cassette: Cassette;
  format: Format;
  request: string;
}

function recorded(): Recorded[] {
  return PROVIDERS.flatMap(loadCassettes).flatMap((cassette) => {
    const format = FORMAT_OF[cassette.operation] ?? null;
    const request = bytesOf(cassette.request.body).toString();
    const answer = bytesOf(cassette.response.body).toString().trim();
    const isWhole = cassette.response.status === 200 && answer !== '' && !answer.startsWith('{"error"');
    if (format === null || !isWhole || cassette.truth_reason === 'concatenated-turns') return [];
    if (parsed(request) === null) return [];
    return [{ cassette, format, request }];
  });
}

function parsed(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}

function others(format: Format): Format[] {
  return FORMATS.filter((other) => other !== format);
}

/** What a request means, without what is noted as lost or changed. */
function meaningOf(request: ModelRequest): unknown {
  const said: unknown[] = [];
  for (const { role, parts } of request.turns) {
    for (const part of parts) said.push(...partMeaning(role, part));
  }
  const system = said
    .filter((each) => Array.isArray(each) && each[0] === 'system')
    .map((each) => (each as string[])[1]);
  return {
    model: request.model,
    system: system.join('\n\n').trim(),
    said: joined(said.filter((each) => !Array.isArray(each) || each[0] !== 'system')),
    tools: request.tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
    toolChoice: request.tools.length === 0 || request.toolChoice?.kind === 'auto' ? null : request.toolChoice,
    stop: request.stop,
    schema: request.output?.kind === 'schema' ? request.output.schema : null,
    stream: request.stream,
  };
}

function partMeaning(role: string, part: Part): unknown[] {
  switch (part.kind) {
    case 'text':
      if (part.text.trim() === '') return [];
      return [[role === 'developer' ? 'system' : role, part.text]];
    case 'image':
      return [{ image: part.source }];
    case 'file':
      return [{ file: part.source }];
    case 'thinking':
      return [];
    case 'call':
      return [{ call: part.id, name: part.name, input: parsed(part.input) ?? {} }];
    case 'result':
      return [
        { result: part.id, text: part.parts.map((each) => (each.kind === 'text' ? each.text : each.kind)).join('\n') },
      ];
  }
}

/** Texts of one speaker in a row are one: formats cut them differently. */
function joined(said: readonly unknown[]): unknown[] {
  const out: unknown[] = [];
  for (const each of said) {
    const last = out.at(-1);
    if (Array.isArray(each) && Array.isArray(last) && each[0] === last[0])
      last[1] = `${String(last[1])}${String(each[1])}`;
    else out.push(Array.isArray(each) ? [...(each as unknown[])] : each);
  }
  return out;
}

function read(format: Format, body: string): ModelRequest {
  return FORMATS_BY_NAME[format].readRequest(JSON.parse(body) as JsonObject, new Notes());
}

function answerOf(format: Format, body: string, isStream: boolean): Answer {
  const collector = new AnswerCollector();
  const rules = FORMATS_BY_NAME[format];
  if (!isStream) {
    for (const event of rules.readWhole(JSON.parse(body) as JsonObject, new Notes())) collector.add(event);
    return collector.answer();
  }
  const reader = rules.streamReader(new Notes());
  for (const data of eventsOf(body)) {
    for (const event of data === '[DONE]' ? reader.done() : reader.read(data as JsonObject, '')) collector.add(event);
  }
  for (const event of reader.end()) collector.add(event);
  return collector.answer();
}

/** What an answer means: what its text, calls and numbers are. */
function answerMeaning({ parts, stop, usage, error }: Answer): unknown {
  const texts = (kind: string): string =>
    parts.flatMap((part) => (part.kind === kind && 'text' in part ? [part.text] : [])).join('');
  return {
    text: texts('text') + texts('refusal'),
    thoughts: texts('thinking'),
    calls: parts.flatMap((part) =>
      part.kind === 'call'
        ? [{ id: part.id, name: part.name, input: parsed(part.input) ?? { arguments: part.input } }]
        : [],
    ),
    stop: stop === 'stop_sequence' ? 'end' : stop,
    usage: {
      input: usage.input_tokens ?? 0,
      output: usage.output_tokens ?? 0,
      read: Math.min(usage.cache_read_tokens ?? 0, usage.input_tokens ?? 0),
    },
    error,
  };
}

/** Around the first character that differs. */
function difference(one: string, other: string): string {
  let at = 0;
  while (one[at] === other[at]) at += 1;
  const from = Math.max(0, at - 100);
  return `\n${one.slice(from, at + 200)}\n${other.slice(from, at + 200)}`;
}

/** Pieces of odd sizes, the same in every run. */
function pieces(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size = ((size * 7 + 3) % 997) + 1) {
    out.push(bytes.subarray(at, at + size));
  }
  return out;
}

/** The recorded request as a client of another format would have sent it. */
function askedAs(client: Format, { format, request }: Recorded): ConvertedRequest | null {
  const there = new Direction(format, client).ask(request);
  if ('refused' in there) return null;
  const wanting = JSON.parse(there.body.toString()) as Record<string, unknown>;
  // It wants to see what is thought.
  if (client === 'anthropic-messages') wanting['thinking'] = { type: 'enabled', budget_tokens: 1024 };
  const back = new Direction(client, format).ask(wanting);
  return 'refused' in back ? null : back;
}

describe.skipIf(CASSETTES === null)('gateway/convert over recorded traffic', () => {
  const all = recorded();

  it('finds enough of it', () => {
    expect(all.length).toBeGreaterThan(400);
  });

  it('keeps the meaning of every request there and back, or says why not', () => {
    const wrong: string[] = [];
    const refused = new Map<string, number>();
    for (const { cassette, format, request } of all) {
      for (const other of others(format)) {
        const there = new Direction(format, other).ask(request);
        if ('refused' in there) {
          refused.set(there.refused.name, (refused.get(there.refused.name) ?? 0) + 1);
          if (!REFUSALS.has(there.refused.name)) wrong.push(`${cassette.id} to ${other}: ${there.refused.message}`);
          continue;
        }
        const noted = new Set(there.notes.map(({ name }) => name));
        // What is told in other words cannot come back as it was.
        if (
          [
            'tool_result_media',
            'document_text',
            'tool_error',
            'system_moved',
            'hosted_call',
            'user_turn_added',
            'tool_id_renamed',
          ].some((name) => noted.has(name as never))
        )
          continue;
        const back = new Direction(other, format).ask(there.body.toString());
        if ('refused' in back) {
          wrong.push(`${cassette.id} back from ${other}: ${back.refused.message}`);
          continue;
        }
        const before = JSON.stringify(meaningOf(read(format, request)));
        const after = JSON.stringify(meaningOf(read(format, back.body.toString())));
        if (before !== after) wrong.push(`${cassette.id} by ${other}:${difference(before, after)}`);
      }
    }
    expect(wrong.slice(0, 5), `${wrong.length} wrong`).toEqual([]);
    expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(all.length / 5);
  });

  it('keeps the text, the calls, the reason and the usage of every answer there and back', () => {
    const wrong: string[] = [];
    for (const one of all) {
      const { cassette, format } = one;
      const body = bytesOf(cassette.response.body).toString();
      const isStream = /^\s*(?:event|data|:|id)/.test(body);
      const before = answerOf(format, body, isStream);
      if (before.error !== null) continue;
      for (const client of others(format)) {
        const there = askedAs(client, one);
        if (there === null) continue;
        const answer = there.answer.begin(200, isStream ? 'text/event-stream' : 'application/json');
        const converted = through(answer, isStream ? pieces(body) : [body]);
        const seen = answerOf(client, converted, there.stream);
        const expected = JSON.stringify(answerMeaning(before));
        const got = JSON.stringify(answerMeaning(seen));
        if (expected !== got) wrong.push(`${cassette.id} for ${client}:${difference(expected, got)}`);
        const truth = cassette.truth?.total_output;
        if (typeof truth === 'number' && seen.usage.output_tokens !== truth)
          wrong.push(`${cassette.id}: output ${seen.usage.output_tokens}, truly ${truth}`);
      }
    }
    expect(wrong.slice(0, 5), `${wrong.length} wrong`).toEqual([]);
  });
});
