import { aiSdk } from './ai-sdk.ts';
import { anthropic } from './anthropic.ts';
import { cohere } from './cohere.ts';
import { dashscope } from './dashscope.ts';
import { bedrockConverse } from './bedrock-converse.ts';
import { bedrockInvoke } from './bedrock-invoke.ts';
import type { Family, FamilyName } from './family.ts';
import { gemini } from './gemini.ts';
import { geminiInteractions } from './gemini-interactions.ts';
import { geminiLive } from './gemini-live.ts';
import { llamacpp } from './llamacpp.ts';
import { mistralConversation } from './mistral-conversation.ts';
import { ollama } from './ollama.ts';
import { openaiBatch } from './openai-batch.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { replicate } from './replicate.ts';
import { tgi } from './tgi.ts';
import { vertexPredict } from './vertex-predict.ts';
import { watsonx } from './watsonx.ts';

export const FAMILIES: Readonly<Record<FamilyName, Family>> = {
  // Before those whose marks its usage objects bear as well.
  dashscope,
  anthropic,
  'openai-batch': openaiBatch,
  'openai-responses': openaiResponses,
  'openai-chat': openaiChat,
  gemini,
  'gemini-interactions': geminiInteractions,
  'gemini-live': geminiLive,
  ollama,
  cohere,
  watsonx,
  tgi,
  replicate,
  'vertex-predict': vertexPredict,
  'mistral-conversation': mistralConversation,
  llamacpp,
  'ai-sdk': aiSdk,
  'bedrock-converse': bedrockConverse,
  'bedrock-invoke': bedrockInvoke,
};
