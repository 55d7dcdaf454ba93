/**
 * `reasoning_details`, as OpenRouter has them: the one list in chat in which thoughts come with what their provider
 * wants to see again. Clients send it back as it was.
 */
import { stringAt, type JsonObject } from '../../../providers/families/json.ts';
import type { Seal, ThinkingPart } from '../model.ts';
import { ownSeal, sealed } from '../seals.ts';

/** Of ours, in `id`: another's ids mean nothing here. */
const FORMAT = 'llm-proxy-v1';

export function detailOf(text: string, seal: Seal, index: number): JsonObject {
  return { type: 'reasoning.text', text, signature: sealed(seal), format: FORMAT, index };
}

/** Thoughts of another format that a conversion has put there; null = they are none of ours. */
export function sealOfDetails(details: unknown): ThinkingPart[] | null {
  if (!Array.isArray(details)) return null;
  const own = details.filter((detail): detail is JsonObject => stringAt(detail, 'format') === FORMAT);
  if (own.length === 0) return null;
  return own.map((detail) => {
    const seal = ownSeal(stringAt(detail, 'signature') ?? '');
    return { kind: 'thinking', text: stringAt(detail, 'text') ?? '', seal };
  });
}
