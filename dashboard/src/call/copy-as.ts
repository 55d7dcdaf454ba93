/** A call as something else: written by the daemon, which knows what is masked. */
import { request, urlOf } from '../api/client.ts';
import { bodyPath, loadBody, type Side } from './body/use-body.ts';

export const LANGUAGES: readonly { id: string; name: string; keys?: string }[] = [
  { id: 'curl', name: 'curl', keys: 'y' },
  { id: 'python', name: 'Python' },
  { id: 'typescript', name: 'TypeScript' },
];

export function callFile(id: string, format: string): string {
  return urlOf(`/api/calls/${encodeURIComponent(id)}/export`, { format });
}

/** The session, and all below it. */
export function sessionFile(id: string, format: 'html'): string {
  return urlOf(`/api/sessions/${encodeURIComponent(id)}/export`, { format });
}

/** @throws ApiError */
export async function codeOf(id: string, format: string): Promise<string> {
  return (await request(callFile(id, format))).text();
}

/** Both messages as they were on the wire, one below the other. @throws ApiError */
export async function bothSides(id: string): Promise<string> {
  const sides = await Promise.all([sideText(id, 'request'), sideText(id, 'response')]);
  return sides.join('\n\n');
}

async function sideText(id: string, side: Side): Promise<string> {
  const [head, body] = await Promise.all([
    request(urlOf(bodyPath(id, side), { part: 'head' })).then(
      (answer) => answer.text(),
      () => `(the ${side} is not stored)`,
    ),
    loadBody(id, side).catch(() => null),
  ]);
  if (body === null) return head.trimEnd();
  return `${head.trimEnd()}\n\n${body.text ?? `(${body.total} bytes that are no text)`}`;
}
