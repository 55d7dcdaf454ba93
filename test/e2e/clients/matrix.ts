import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Runtimes } from './runtimes.ts';

const DOCUMENT = fileURLToPath(new URL('../../../docs/clients.md', import.meta.url));
const BEGIN = '<!-- matrix: written by `LLM_PROXY_TEST_CLIENTS=write npm run test:clients` -->';
const END = '<!-- /matrix -->';

/** What was tried and how it ended, as the table of docs/clients.md. */
export class Matrix {
  readonly #rows = new Map<string, Record<string, string>>();

  set(client: string, way: string, result: 'ok' | 'failed'): void {
    this.#rows.set(client, { ...this.#rows.get(client), [way]: result });
  }

  write(runtimes: Runtimes): void {
    const text = readFileSync(DOCUMENT, 'utf8');
    const [before = '', rest = ''] = text.split(BEGIN);
    const after = rest.split(END)[1] ?? '';
    writeFileSync(DOCUMENT, `${before}${BEGIN}\n${this.#table(runtimes)}\n${END}${after}`);
  }

  #table({ python, java, go, curl, wget, gaps }: Runtimes): string {
    const versions: Record<string, string | null> = { Python: python?.version ?? null, Java: java, Go: go, curl, wget };
    const rows = [...this.#rows].map(([client, result]) => {
      const version = versions[client.split(' ')[0] ?? ''];
      return `| ${client}${version == null ? '' : ` (${version})`} | ${result['run'] ?? '-'} | ${result['env'] ?? '-'} |`;
    });
    const missing = gaps.map(({ client, reason }) => `| ${client} | not run: ${reason} | |`);
    return ['| client | under `run` | under `env` |', '|---|---|---|', ...rows, ...missing].join('\n');
  }
}
