import type { Database } from '../store/driver.ts';

/** A program that has made calls. Times are the hours (ISO 8601 UTC) of its first and last call that is summed. */
export interface ClientSeen {
  /** `name/version`. */
  client: string;
  /** What it runs on, as far as its name tells; `null` = it does not. */
  runtime: Runtime | null;
  first_hour: string;
  last_hour: string;
  calls: number;
}

export type Runtime =
  | 'claude-code'
  | 'codex'
  | 'gemini-cli'
  | 'node'
  | 'python'
  | 'go'
  | 'java'
  | 'rust'
  | 'dotnet'
  | 'ruby'
  | 'php'
  | 'curl';

const MAX_CLIENTS = 500;

/** The one with the latest call first. */
export function clientsSeen(database: Database): ClientSeen[] {
  return database
    .prepare(
      `SELECT value, min(hour) AS first, max(hour) AS last, sum(calls) AS calls FROM hourly_by
       WHERE dimension = 'client' GROUP BY value ORDER BY last DESC, value LIMIT ${MAX_CLIENTS}`,
    )
    .all()
    .map((row) => {
      const client = String(row['value']);
      const hour = (name: string): string => `${String(row[name])}:00:00.000Z`;
      return {
        client,
        runtime: runtimeOf(client),
        first_hour: hour('first'),
        last_hour: hour('last'),
        calls: Number(row['calls']),
      };
    });
}

/** By the names that session/clients.ts gives; the first that fits. */
const RUNTIMES: readonly (readonly [RegExp, Runtime])[] = [
  [/^claude-code\b/, 'claude-code'],
  [/^codex\b/, 'codex'],
  [/^gemini-cli\b/, 'gemini-cli'],
  [/python|httpx|aiohttp|urllib|boto3|litellm|langchain/i, 'python'],
  [/(?:^|[-/])(?:js|node|typescript|undici|axios|bun|deno)\b|node-fetch|ai-sdk/i, 'node'],
  [/(?:^|[-/])go\b|go-http|golang/i, 'go'],
  [/java|okhttp|kotlin/i, 'java'],
  [/reqwest|rust|hyper/i, 'rust'],
  [/dotnet|\.net|csharp/i, 'dotnet'],
  [/ruby|faraday/i, 'ruby'],
  [/php|guzzle/i, 'php'],
  [/^(?:curl|wget)\b/i, 'curl'],
];

function runtimeOf(client: string): Runtime | null {
  return RUNTIMES.find(([pattern]) => pattern.test(client))?.[1] ?? null;
}
