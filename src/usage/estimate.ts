import type { AssembledOutput } from '../core/capture.ts';
import { requestText } from './request-text.ts';

/** Tokens of a short text; see tokenizer.ts. Pure. */
export type CountTokens = (text: string) => number;

/** What is counted where a provider said nothing. Marked as such wherever it is shown: docs/decisions/0004-estimates.md. */
export interface Estimator {
  /** @param body decoded and whole. Null when it holds nothing that can be counted. */
  input(body: string, model: string | null): number | null;
  /** @param body of the request: several answers may have been asked for, and one was put together. */
  output(assembled: AssembledOutput, body: string | null, model: string | null): number | null;
}

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
const INPUT_WINDOWS = 32;
const OUTPUT_WINDOWS = 64;
/** A tokenizer needs time by the square of a text without blanks: it never gets more than this at once. */
const PIECE = 64;

export function createEstimator(countTokens: CountTokens): Estimator {
  return {
    input(body, model) {
      const text = requestText(body);
      if (text === null || (text.spoken.length === 0 && text.tools.length === 0)) return null;
      const { factor, perMessage, perToolUse } = vocabularyOf(model);
      const read = tokensOf([...text.spoken, ...text.tools], INPUT_WINDOWS, countTokens);
      const framing = text.messages * perMessage + (text.tools.length === 0 ? 0 : perToolUse);
      return Math.round(read * factor + framing);
    },
    output({ text, thinking, toolCalls }, body, model) {
      const said = [text, thinking, ...toolCalls.flatMap(({ name, input }) => [name, input])];
      const tokens = tokensOf(said, OUTPUT_WINDOWS, countTokens) * vocabularyOf(model).factor;
      // The tools of every choice were put together, the text of the first one only.
      const choices = text === '' || body === null ? 1 : (requestText(body)?.choices ?? 1);
      return Math.round(tokens * choices);
    },
  };
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
