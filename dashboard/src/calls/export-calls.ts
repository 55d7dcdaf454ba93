/** Calls as one file, made of what the daemon gives of each. */
import { request, urlOf } from '../api/client.ts';

export type ExportFormat = 'jsonl' | 'har';

interface Har {
  log: { entries: unknown[] };
}

/** @param told how many are done @throws ApiError of the first that could not be had */
export async function exportCalls(
  ids: readonly string[],
  format: ExportFormat,
  told: (done: number) => void,
): Promise<Blob> {
  const texts: string[] = [];
  for (const id of ids) {
    const answer = await request(urlOf(`/api/calls/${encodeURIComponent(id)}/export`, { format }));
    texts.push(await answer.text());
    told(texts.length);
  }
  return new Blob([format === 'har' ? joinHar(texts) : joinLines(texts)], { type: 'application/octet-stream' });
}

export function joinLines(texts: readonly string[]): string {
  return texts.map((text) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)).join('');
}

/** One archive with the entries of all. */
export function joinHar(texts: readonly string[]): string {
  const archives = texts.map((text) => JSON.parse(text) as Har);
  const [first] = archives;
  if (first === undefined) return '';
  const entries = archives.flatMap(({ log }) => log.entries);
  return JSON.stringify({ ...first, log: { ...first.log, entries } });
}
