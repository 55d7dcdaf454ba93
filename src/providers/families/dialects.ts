import { anthropic } from './anthropic.ts';
import type { Family, FamilyName } from './family.ts';
import { gemini } from './gemini.ts';
import { geminiInteractions } from './gemini-interactions.ts';
import { ollama } from './ollama.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';

export const FAMILIES: Readonly<Record<FamilyName, Family>> = {
  anthropic,
  'openai-responses': openaiResponses,
  'openai-chat': openaiChat,
  gemini,
  'gemini-interactions': geminiInteractions,
  ollama,
};
