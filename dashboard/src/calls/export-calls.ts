/** Calls as one file. It comes as a stream into a Blob, which browsers keep on the disk when it is large. */
import { request } from '../api/client.ts';

export type ExportFormat = 'jsonl' | 'har';

/** @param told how many bytes have come @throws ApiError when one of them could not be had */
export async function exportCalls(
  ids: readonly string[],
  format: ExportFormat,
  told: (bytes: number) => void,
): Promise<Blob> {
  const answer = await request('/api/calls/export', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ format, ids }),
  });
  let bytes = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (chunk, controller) => {
      bytes += chunk.length;
      told(bytes);
      controller.enqueue(chunk);
    },
  });
  return new Response(answer.body?.pipeThrough(counted) ?? null, {
    headers: { 'content-type': 'application/octet-stream' },
  }).blob();
}
