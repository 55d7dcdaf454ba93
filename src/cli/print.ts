/** What commands say on standard output. */
import { escapeText } from '../sinks/escape.ts';

/** What a terminal would obey stands in strings only, where JSON has the same escapes. */
export function printJson(value: unknown): void {
  print(escapeText(JSON.stringify(value, null, 2)));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
