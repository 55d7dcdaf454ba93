import { createHash } from 'node:crypto';
import type { JsonObject } from '../../providers/families/json.ts';
import type { ModelRequest } from './model.ts';
import type { Notes } from './notes.ts';
import { isOpenAiReasoner, levelFor } from './reasoning.ts';

/** OpenAI's. */
const LONGEST_USER = 64;

/** `temperature` and `top_p` for a format of OpenAI: the models that always think take but the default. */
export function openAiSampling(request: ModelRequest, notes: Notes): JsonObject {
  const { model, temperature, topP, topK, reasoning } = request;
  const isOff = reasoning?.effort === 'none' && levelFor('none', model) === 'none';
  const takes = !isOpenAiReasoner(model) || isOff;
  if (topK !== null) notes.add('sampling', 'top_k');
  const asked = { temperature, top_p: topP };
  const given = Object.entries(asked).filter((entry): entry is [string, number] => entry[1] !== null);
  if (takes) return Object.fromEntries(given);
  for (const [name, value] of given) if (value !== 1) notes.add('sampling', name);
  return {};
}

/** Claude Code's are longer than OpenAI takes. */
export function openAiUser({ user }: ModelRequest, notes: Notes): JsonObject {
  if (user === null) return {};
  if (user.length <= LONGEST_USER) return { user };
  notes.add('user', 'user');
  return { user: createHash('sha256').update(user).digest('hex') };
}
