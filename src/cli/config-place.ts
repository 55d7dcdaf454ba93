/** Where the option stands that a start has refused: the parts that read its value know only its name. */
import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.ts';
import type { Setting } from '../config/settings.ts';
import { AppError, type OptionPart } from '../core/errors.ts';

/** The same error, led by file and line or by the variable; what was typed as a flag needs no such word. */
export function withPlace(error: unknown, { settings, file }: Pick<LoadedConfig, 'settings' | 'file'>): unknown {
  if (!(error instanceof AppError) || error.code !== 'config_invalid') return error;
  const { option, message } = error;
  const setting = settings.find(({ key }) => key === option?.key);
  const place = option === null || setting === undefined ? null : placeOf(setting, option, file);
  return place === null ? error : new AppError('config_invalid', `${place}: ${message}`, { cause: error, option });
}

function placeOf({ key, origin, where }: Setting, option: OptionPart, file: string | null): string | null {
  if (origin === 'environment') return where;
  if (origin !== 'file' || where === null || file === null) return null;
  const { index, id, member = '' } = option;
  const line =
    index === undefined ? (id === undefined ? null : lineOfId(file, key, id)) : lineInTable(file, key, index, member);
  return line === null ? where : `${file}:${line}`;
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

function lineOfId(file: string, key: string, id: string): number | null {
  let table: string | undefined;
  for (const [at, line] of linesOf(file).entries()) {
    table = /^\s*\[+\s*([\w."'-]+)\s*\]/.exec(line)?.[1] ?? table;
    if (table === key && /^\s*id\s*=\s*["']([^"']*)["']/.exec(line)?.[1] === id) return at + 1;
  }
  return null;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
