/** A fake of the Gemini API: generateContent, streamGenerateContent (SSE and JSON array), countTokens. */
import { derived, jsonReply, pieces, sseReply } from './fake-reply.ts';
import type { FakeReply, FakeRequest, TrueUsage } from './fake-reply.ts';

const ANSWER = 'Three ideas: a tide clock, a paper piano, and a lamp that dims when you read.';

export function answerGoogle(request: FakeRequest): FakeReply {
  const match = /^\/v1(?:beta|alpha)?\/models\/([^:/?]+):(\w+)(\?.*)?$/.exec(request.path);
  if (match === null) {
    return jsonReply({ error: { code: 404, message: 'Not found', status: 'NOT_FOUND' } }, null, null, 404);
  }
  const [, model = '', operation = '', query = ''] = match;
  if (operation === 'countTokens') return jsonReply({ totalTokens: derived(request, 'count', 5, 90) }, null, null);
  const visible = derived(request, 'out', 30, 120);
  const thoughts = derived(request, 'think', 40, 200);
  const input = derived(request, 'in', 600, 400);
  const truth: TrueUsage = {
    input_tokens: input,
    output_tokens: visible + thoughts,
    cache_read_tokens: 512,
    cache_write_tokens: null,
    reasoning_tokens: thoughts,
  };
  const id = derived(request, 'id', 0x10000000, 0xe0000000).toString(36);
  const usage = (candidates: number): object => ({
    promptTokenCount: input,
    cachedContentTokenCount: 512,
    candidatesTokenCount: candidates,
    thoughtsTokenCount: thoughts,
    totalTokenCount: input + candidates + thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
  });
  const chunk = (text: string, finish: string | null, candidates: number): object => ({
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, index: 0, ...(finish === null ? {} : { finishReason: finish }) },
    ],
    usageMetadata: usage(candidates),
    modelVersion: model,
    responseId: id,
  });
  if (operation === 'generateContent') return jsonReply(chunk(ANSWER, 'STOP', visible), truth, id);
  const parts = pieces(ANSWER);
  // The running counts of a stream: only the last chunk has the whole.
  const chunks = parts.map((text, index) => {
    const isLast = index === parts.length - 1;
    return JSON.stringify(chunk(text, isLast ? 'STOP' : null, isLast ? visible : index + 1));
  });
  if (query.includes('alt=sse'))
    return sseReply(
      chunks.map((part) => `data: ${part}\r\n\r\n`),
      truth,
      id,
    );
  const array = chunks.map(
    (part, index) => `${index === 0 ? '[' : ',\r\n'}${part}${index === chunks.length - 1 ? ']' : ''}`,
  );
  return { status: 200, headers: { 'content-type': 'application/json' }, chunks: array, usage: truth, id };
}
