/** What a call of a tool is about, in one line. Pure. */
import { visibleText } from '../text/marks.ts';

/** The members that say most, best first. */
const KEYS = [
  'command',
  'cmd',
  'file_path',
  'filePath',
  'notebook_path',
  'pattern',
  'query',
  'path',
  'url',
  'description',
  'prompt',
  'question',
  'input',
  'text',
  'location',
  'city',
  'name',
  'id',
];
const LONGEST = 160;

/** @param json arguments as the model wrote them @returns '' when there are none */
export function keyArgument(json: string): string {
  const args = parsed(json);
  if (typeof args === 'string') return oneLine(args);
  if (typeof args !== 'object' || args === null) return oneLine(json);
  const entries = Object.entries(args as Record<string, unknown>);
  const best = KEYS.map((key) => entries.find(([name]) => name === key)).find((entry) => entry !== undefined);
  const [name, value] = best ?? entries.find(([, value]) => typeof value === 'string') ?? entries[0] ?? ['', undefined];
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return oneLine(KEYS.indexOf(name) >= 0 || entries.length === 1 ? text : `${name}: ${text}`);
}

/** Undefined = no JSON. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** For showing it anew: undefined where that would say something else (numbers that JavaScript cannot hold). */
export function faithful(json: string): unknown {
  return /\d{16}/.test(json) ? undefined : parsed(json);
}

function oneLine(text: string): string {
  const line = text
    .slice(0, 2 * LONGEST)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return visibleText(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);
}
