/** Where the option stands that a start has refused: the parts that read its value know only its name. */
import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.ts';
import type { Setting } from '../config/settings.ts';
import { AppError, codeOf, messageOf } from '../core/errors.ts';

/** Messages that begin with other words than the key. */
const WORDS: readonly (readonly [begin: RegExp, key: (id: string) => string])[] = [
  [/^the backend of ([\w-]+)/, (id) => (/^(?:openai|anthropic)$/.test(id) ? `${id}_backend` : 'backends')],
  [/^provider of a target/, () => 'target.provider'],
  [/^the key of the target/, () => 'target.auth'],
  [/^\[\[provider\]\]|^host \S+ belongs to /, () => 'provider'],
];

/** The same error, led by file and line or by the variable; what was typed as a flag needs no such word. */
export function withPlace(error: unknown, { settings, file }: Pick<LoadedConfig, 'settings' | 'file'>): unknown {
  if (codeOf(error) !== 'config_invalid') return error;
  const message = messageOf(error);
  const setting = settingMeant(message, settings);
  const place = setting === null ? null : placeOf(setting, message, file);
  return place === null ? error : new AppError('config_invalid', `${place}: ${message}`, { cause: error });
}

function settingMeant(message: string, settings: readonly Setting[]): Setting | null {
  for (const [begin, key] of WORDS) {
    const match = begin.exec(message);
    if (match !== null) return settings.find((setting) => setting.key === key(match[1] ?? '')) ?? null;
  }
  const begin = plain(message.replace(/^--/, ''));
  const named = settings.filter(({ key }) => begin.startsWith(plain(key)) && !/^[a-z]/.test(begin.slice(key.length)));
  return named.toSorted((one, other) => other.key.length - one.key.length)[0] ?? null;
}

/** `upstream-ca`, `upstream_ca` and `upstream ca` are one name. */
function plain(text: string): string {
  return text.replaceAll(/[ .-]/g, '_');
}

function placeOf({ key, origin, where }: Setting, message: string, file: string | null): string | null {
  if (origin === 'environment') return where;
  if (origin !== 'file' || where === null || file === null) return null;
  const [, index, member] = /^\w+\[(\d+)\][.:]?\s?(?:has no )?([\w-]+)/.exec(message) ?? [];
  if (index !== undefined) return `${file}:${lineInTable(file, key, Number(index), member ?? '') ?? lineOf(where)}`;
  const [, id] = /^provider ([a-z0-9-]+)/.exec(message) ?? [];
  return id === undefined ? where : `${file}:${lineOfId(file, id) ?? lineOf(where)}`;
}

function lineOf(where: string): string {
  return where.slice(where.lastIndexOf(':') + 1);
}

/** Of a member of the table with that index, else of its head. */
function lineInTable(file: string, key: string, index: number, member: string): number | null {
  let table = -1;
  let head: number | null = null;
  for (const [at, line] of linesOf(file).entries()) {
    const name = /^\s*\[\[\s*([\w."'-]+)\s*\]\]/.exec(line)?.[1];
    if (name === key) table += 1;
    if (table === index && name === key) head = at + 1;
    if (table === index && /^\s*["']?([\w-]+)["']?\s*[=.]/.exec(line)?.[1] === member) return at + 1;
  }
  return head;
}

function lineOfId(file: string, id: string): number | null {
  const at = linesOf(file).findIndex((line) => /^\s*id\s*=\s*["']([^"']*)["']/.exec(line)?.[1] === id);
  return at < 0 ? null : at + 1;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
