/**
 * A call as Arize Phoenix and its kin show it: the attributes of OpenInference
 * (https://arize-ai.github.io/openinference/spec/). Lists are flattened: `llm.input_messages.0.message.role`.
 */
import type { CallRecord, CostLine } from '../core/capture.ts';
import { type Attribute, attributesFrom, double, textAttribute, type Value } from './otlp-attribute.ts';
import { answerText, messageGroup, questionText } from './openinference-messages.ts';
import { isInstruction } from './conversation/chat.ts';
import type { Said } from './said.ts';

export interface FlatAttributes {
  attributes: Attribute[];
  /** How many did not fit. */
  dropped: number;
}

/** @param room for how many attributes */
export function openInference(record: CallRecord, said: Said | null, room: number): FlatAttributes {
  const kind = kindOf(record);
  if (kind === null) return { attributes: [], dropped: 0 };
  const facts = [...attributesFrom(factsOf(record, kind)), ...(said === null ? [] : textsOf(said, kind))];
  if (said === null) return within([facts], room);
  return kind === 'EMBEDDING' ? embedded(facts, said, room) : talked(facts, said, room);
}

type Kind = 'LLM' | 'EMBEDDING' | 'RERANKER';

/** Null: lists of models and the like, which are none of its kinds. */
function kindOf({ operation, inference, usage }: CallRecord): Kind | null {
  if (operation === 'embeddings') return 'EMBEDDING';
  if (operation === 'rerank') return 'RERANKER';
  return inference || usage.state !== 'none' ? 'LLM' : null;
}

function factsOf(record: CallRecord, kind: Kind): Record<string, Value> {
  const { request_model: asked, response_model: answered } = record;
  const model = answered ?? asked;
  return {
    'openinference.span.kind': kind,
    ...(kind === 'EMBEDDING'
      ? { 'embedding.model_name': model }
      : {
          'llm.system': SYSTEMS.get(record.provider) ?? record.provider,
          'llm.provider': PROVIDERS.get(record.provider) ?? record.provider,
          'llm.model_name': model,
          'llm.request.model_name': answered !== null && asked !== answered ? asked : null,
          'llm.response.model_name': asked !== null && asked !== answered ? answered : null,
          'llm.finish_reason': record.stop_reason,
        }),
    'session.id': record.session_id,
    'user.id': record.customer_id,
    // Whoever reads these adds them up, and knows no legs.
    ...(record.leg === 'shadow' ? {} : { ...countsOf(record, kind), ...costsOf(record) }),
  };
}

/** Where the names of its lists are not ours. */
const SYSTEMS = new Map(
  Object.entries({
    'azure-openai': 'openai',
    bedrock: 'amazon',
    chatgpt: 'openai',
    mistral: 'mistralai',
    vertex: 'vertexai',
  }),
);
const PROVIDERS = new Map(
  Object.entries({
    'azure-openai': 'azure',
    bedrock: 'aws',
    chatgpt: 'openai',
    mistral: 'mistralai',
    vertex: 'google',
  }),
);

function countsOf({ usage }: CallRecord, kind: Kind): Record<string, Value> {
  const { input_tokens: input, output_tokens: output } = usage;
  // Embeddings have no output.
  const rest = kind === 'EMBEDDING' ? (output ?? 0) : output;
  return {
    'llm.token_count.prompt': input,
    'llm.token_count.completion': output,
    'llm.token_count.total': input === null || rest === null ? null : input + rest,
    'llm.token_count.prompt_details.cache_read': usage.cache_read_tokens,
    'llm.token_count.prompt_details.cache_write': usage.cache_write_tokens,
    'llm.token_count.prompt_details.audio': usage.input_audio_tokens,
    'llm.token_count.completion_details.reasoning': usage.reasoning_tokens,
    'llm.token_count.completion_details.audio': usage.output_audio_tokens,
  };
}

/** USD. What is billed by something else than tokens is in the total alone. */
function costsOf({ cost, cost_usd: total }: CallRecord): Record<string, Value> {
  const of = (unit: RegExp): Value => dollars(cost.lines.filter((line) => unit.test(line.unit)));
  return {
    'llm.cost.total': double(total),
    'llm.cost.prompt': of(/^(?:input|cache|tool_prompt)_.*tokens$/),
    'llm.cost.completion': of(/^(?:output|reasoning)_.*tokens$/),
    'llm.cost.prompt_details.input': of(/^input_tokens$/),
    'llm.cost.prompt_details.cache_read': of(/^cache_read_/),
    'llm.cost.prompt_details.cache_write': of(/^cache_write_/),
    'llm.cost.prompt_details.audio': of(/^input_audio_tokens$/),
    'llm.cost.completion_details.output': of(/^output_tokens$/),
    'llm.cost.completion_details.reasoning': of(/^reasoning_tokens$/),
    'llm.cost.completion_details.audio': of(/^output_audio_tokens$/),
  };
}

/** Null: nothing of it was billed by itself, or one price is unknown. */
function dollars(lines: readonly CostLine[]): Value {
  if (lines.length === 0 || lines.some(({ nanos }) => nanos === null)) return null;
  return double(lines.reduce((sum, { nanos }) => sum + (nanos ?? 0), 0) / 1e9);
}

function textsOf(said: Said, kind: Kind): Attribute[] {
  const settings = Object.keys(said.settings).length === 0 ? null : JSON.stringify(said.settings);
  if (kind === 'EMBEDDING') {
    const [only, ...more] = said.texts;
    return attributesFrom({
      'embedding.invocation_parameters': settings,
      ...valueIn('input', more.length > 0 ? { json: said.texts } : (only ?? null)),
    });
  }
  return attributesFrom({
    'llm.invocation_parameters': settings,
    ...valueIn('input', questionText(said.input)),
    ...valueIn('output', said.answer === null ? null : answerText(said.answer)),
  });
}

/** `input.value` with its type. */
function valueIn(name: 'input' | 'output', value: string | { json: unknown } | null): Record<string, Value> {
  if (value === null) return {};
  const isText = typeof value === 'string';
  return {
    [`${name}.value`]: isText ? value : JSON.stringify(value.json),
    [`${name}.mime_type`]: isText ? 'text/plain' : 'application/json',
  };
}

function embedded(facts: Attribute[], { texts }: Said, room: number): FlatAttributes {
  const list = texts.map((text, index) => [textAttribute(`embedding.embeddings.${index}.embedding.text`, text)]);
  return within([facts, ...list], room);
}

/** Of a conversation that is too long the beginning and the end stay, with the numbers that they had. */
function talked(facts: Attribute[], { input, answer, tools }: Said, room: number): FlatAttributes {
  const asked = input.map((message, index) => messageGroup(`llm.input_messages.${index}`, message));
  const offered = tools.map((tool, index) => [
    textAttribute(`llm.tools.${index}.tool.json_schema`, JSON.stringify(tool)),
  ]);
  const first = asked.filter((_, index) => isInstruction(input[index] ?? NOBODY));
  const newest = asked.filter((_, index) => !isInstruction(input[index] ?? NOBODY)).reverse();
  const answered = answer === null ? [] : messageGroup('llm.output_messages.0', answer);
  const ranked = [
    facts,
    answered,
    ...first,
    ...offered.slice(0, FIRST_TOOLS),
    ...newest,
    ...offered.slice(FIRST_TOOLS),
  ];
  return within(ranked, room, [facts, ...asked, answered, ...offered]);
}

const NOBODY = { role: 'user', content: null } as const;
/** More tools than that are less worth than what was said. */
const FIRST_TOOLS = 256;

/** Whole groups, the first ones of `ranked`, in the order of `order`. */
function within(ranked: readonly Attribute[][], room: number, order = ranked): FlatAttributes {
  let left = room;
  let isFull = false;
  const kept = new Set<Attribute[]>();
  for (const group of ranked) {
    isFull ||= group.length > left;
    if (isFull) continue;
    kept.add(group);
    left -= group.length;
  }
  const attributes = order.filter((group) => kept.has(group)).flat();
  return { attributes, dropped: ranked.flat().length - attributes.length };
}
