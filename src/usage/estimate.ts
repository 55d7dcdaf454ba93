import type { AssembledOutput } from '../core/capture.ts';
import { requestText, type RequestText } from './request-text.ts';

/** Tokens of a short text; see tokenizer.ts. Pure. */
export type CountTokens = (text: string) => number;

/** What there is to count of one call. */
export interface EstimateQuestion {
  /** Of the request, decoded and whole; null = not to be counted. */
  body: string | null;
  /** Null = nothing was generated. */
  assembled: AssembledOutput | null;
  model: string | null;
}

/** Null = there is nothing that can be counted. */
export interface Estimate {
  input: number | null;
  output: number | null;
}

/** Counts where a provider said nothing. Marked as such wherever it is shown: docs/decisions/0005-estimates.md. */
export type Estimator = (question: EstimateQuestion) => Estimate;

/**
 * What a model's tokens are in tokens of o200k_base, and what its chat template adds. Medians over recorded exchanges
 * without images: text of 60 tokens and more, answers of 30 and more.
 */
interface Vocabulary {
  models: RegExp;
  /** Tokens of the model per token of o200k_base. */
  factor: number;
  perMessage: number;
  /** Once, when there are tools: the instructions that the provider adds. */
  perToolUse: number;
}

const VOCABULARIES: readonly Vocabulary[] = [
  { models: /claude/i, factor: 1.2, perMessage: 5, perToolUse: 350 },
  { models: /^(?:gpt|chatgpt|o\d|codex|davinci|babbage|text-embedding)/i, factor: 1, perMessage: 4, perToolUse: 0 },
  { models: /gemini|gemma|learnlm/i, factor: 1.05, perMessage: 1, perToolUse: 0 },
];
const ANY_OTHER: Vocabulary = { models: /./, factor: 1.1, perMessage: 5, perToolUse: 60 };

/** Longer texts are measured by windows spread over them: a request of 300 kB costs as much as one of 5 kB. */
const WINDOW = 160;
const INPUT_WINDOWS = 24;
const OUTPUT_WINDOWS = 32;
/** A tokenizer needs time by the square of a text without blanks: it never gets more than this at once. */
const PIECE = 128;

export function createEstimator(countTokens: CountTokens): Estimator {
  return ({ body, assembled, model }) => {
    const vocabulary = vocabularyOf(model);
    const request = body === null ? null : requestText(body);
    return {
      input: request === null ? null : inputOf(request, vocabulary, countTokens),
      output: assembled === null ? null : outputOf(assembled, request?.choices ?? 1, vocabulary, countTokens),
    };
  };
}

function inputOf(request: RequestText, vocabulary: Vocabulary, countTokens: CountTokens): number | null {
  const { spoken, tools, messages } = request;
  if (spoken.length === 0 && tools.length === 0) return null;
  const { factor, perMessage, perToolUse } = vocabulary;
  const framing = messages * perMessage + (tools.length === 0 ? 0 : perToolUse);
  return Math.round(tokensOf([...spoken, ...tools], INPUT_WINDOWS, countTokens) * factor + framing);
}

/** Of several answers the text of the first one was put together, and the tools of all. */
function outputOf(
  { text, thinking, toolCalls }: AssembledOutput,
  choices: number,
  { factor }: Vocabulary,
  countTokens: CountTokens,
): number {
  const said = tokensOf([text, thinking], OUTPUT_WINDOWS, countTokens) * choices;
  const asked = toolCalls.flatMap(({ name, input }) => [name, input]);
  return Math.round((said + tokensOf(asked, OUTPUT_WINDOWS, countTokens)) * factor);
}

function vocabularyOf(model: string | null): Vocabulary {
  // `openai/gpt-5`, `us.anthropic.claude-…`: what stands before is who serves it.
  const name = model?.slice(model.lastIndexOf('/') + 1) ?? '';
  return VOCABULARIES.find(({ models }) => models.test(name)) ?? ANY_OTHER;
}

/** Exact up to `windows` of text, from there by a sample. Fractional. */
export function tokensOf(texts: readonly string[], windows: number, countTokens: CountTokens): number {
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  if (total <= windows * WINDOW) return texts.reduce((sum, text) => sum + countPieces(text, countTokens), 0);
  let seen = 0;
  let tokens = 0;
  for (const window of windowsOf(texts, total, windows)) {
    seen += window.length;
    tokens += countPieces(window, countTokens);
  }
  return seen === 0 ? 0 : (tokens * total) / seen;
}

/** Evenly spread over all texts, as if they were one. */
function* windowsOf(texts: readonly string[], total: number, windows: number): Generator<string> {
  let index = 0;
  let before = 0;
  for (let window = 0; window < windows; window += 1) {
    const at = Math.floor((window * total) / windows);
    while (index < texts.length && before + (texts[index]?.length ?? 0) <= at) {
      before += texts[index]?.length ?? 0;
      index += 1;
    }
    const text = texts[index] ?? '';
    yield text.slice(at - before, at - before + WINDOW);
  }
}

function countPieces(text: string, countTokens: CountTokens): number {
  let tokens = 0;
  for (let start = 0; start < text.length;) {
    const end = pieceEnd(text, start);
    tokens += countTokens(text.slice(start, end));
    start = end;
  }
  return tokens;
}

/** Before a blank, where tokens end anyway, and never inside a surrogate pair. */
function pieceEnd(text: string, start: number): number {
  const end = start + PIECE;
  if (end >= text.length) return text.length;
  const blank = text.lastIndexOf(' ', end);
  if (blank > start) return blank;
  const code = text.charCodeAt(end);
  return code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}
