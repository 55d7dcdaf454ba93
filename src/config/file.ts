import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { AppError, messageOf } from '../core/errors.ts';
import { ALIASED_TABLES, isOfCcProxy, meaningOf } from './aliases.ts';
import { NOT_YET, OPTIONS, type Option } from './options.ts';

export interface FileValue {
  option: Option;
  raw: unknown;
  /** `path:line`. */
  where: string;
}

export interface ConfigFile {
  values: FileValue[];
  /** Keys that mean nothing in this version, each a sentence. */
  warnings: string[];
  /** It has keys that only the llm-proxy in Go knows, whose users read its session logs. */
  isOfGoProxy: boolean;
  /** It has keys that only cc-proxy knows, whose users send their calls to a target. */
  isOfCcProxy: boolean;
}

/** All that it has beside `loki`; all but the last are ours too. */
const KEYS_OF_GO_PROXY = ['port', 'log_dir', 'bedrock_region', 'explore_port'];
const LOKI_KEYS_OF_GO_PROXY = ['batch_wait', 'retry_max'];
/** Ours too; but who writes `enabled` beside one of them has it from that program's sample. */
const LOKI_KEYS_OF_BOTH = ['auth_token', 'use_gzip', 'environment'];

/** Throws AppError `config_invalid` that names file and line. */
export function readConfigFile(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new AppError('config_invalid', `the configuration cannot be read: ${messageOf(error)}`, { cause: error });
  }
  let tree: Record<string, unknown>;
  try {
    tree = parse(text);
  } catch (error) {
    throw new AppError('config_invalid', `${path}${tomlProblem(error)}`, { cause: error });
  }
  const file: ConfigFile = { values: [], warnings: [], isOfGoProxy: isOfGoProxy(tree), isOfCcProxy: isOfCcProxy(tree) };
  const aliased: FileValue[] = [];
  for (const [key, value] of flatten(tree)) {
    const where = `${path}:${lineOf(text, key)}`;
    const option = optionOf(key);
    const meaning = meaningOf(key, value);
    if (option !== undefined) file.values.push({ option, raw: value, where });
    else if (meaning !== undefined && meaning !== null) aliased.push(...valuesOf(meaning, where));
    else if (meaning === null || ALIASED_TABLES.has(key.split('.')[0] ?? ''))
      file.warnings.push(`${where}: ${key} has no effect here: docs/migrate.md`);
    else if (NOT_YET.has(key.split('.')[0] ?? ''))
      file.warnings.push(`${where}: ${key} is not in this version and has no effect`);
    else throw new AppError('config_invalid', `${where}: unknown key ${key}${meantBy(key)}`);
  }
  // Said in our own words, it is what is meant.
  file.values.push(...aliased.filter(({ option }) => file.values.every((value) => value.option !== option)));
  return file;
}

function optionOf(key: string): Option | undefined {
  return (OPTIONS as readonly Option[]).find((candidate) => candidate.key === key);
}

function meantBy(key: string): string {
  return isTableName(key) ? `; it is a table: [${key}]` : suggestion(key);
}

function isTableName(key: string): boolean {
  return OPTIONS.some((option) => option.key.startsWith(`${key}.`));
}

function valuesOf(meaning: Readonly<Record<string, unknown>>, where: string): FileValue[] {
  return Object.entries(meaning).flatMap(([key, raw]) => {
    const option = optionOf(key);
    return option === undefined ? [] : [{ option, raw, where }];
  });
}

function isOfGoProxy(tree: Readonly<Record<string, unknown>>): boolean {
  const { loki } = tree;
  const isTable = typeof loki === 'object' && loki !== null;
  const isOnlyTheirs = Object.keys(tree).every((key) => key === 'loki' || KEYS_OF_GO_PROXY.includes(key));
  return (
    Object.hasOwn(tree, 'explore_port') ||
    (isOnlyTheirs && Object.hasOwn(tree, 'bedrock_region')) ||
    (isTable && LOKI_KEYS_OF_GO_PROXY.some((key) => Object.hasOwn(loki, key))) ||
    (isTable && isOnlyTheirs && 'enabled' in loki && LOKI_KEYS_OF_BOTH.some((key) => Object.hasOwn(loki, key)))
  );
}

/** Tables become dotted keys, as far as options have them. */
function flatten(tree: Record<string, unknown>, prefix = ''): [key: string, value: unknown][] {
  return Object.entries(tree).flatMap(([name, value]): [string, unknown][] => {
    const key = prefix + name;
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (!isTable || NOT_YET.has(key)) return [[key, value]];
    const inner = flatten(value as Record<string, unknown>, `${key}.`);
    const isOurs = ALIASED_TABLES.has(key) || isTableName(key);
    return inner.length === 0 && !isOurs ? [[key, value]] : inner;
  });
}

/** smol-toml says where a file is malformed, but not where a key stands. */
function lineOf(text: string, key: string): number {
  const path = key.split('.');
  const name = path.at(-1) ?? '';
  const section = path.slice(0, -1).join('.');
  let current = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?/.exec(line)?.[1];
    if (header !== undefined) current = header.replaceAll(/["'\s]/g, '');
    if (current === key) return index + 1;
    const found = /^\s*([\w."'-]+)\s*=/.exec(line)?.[1]?.replaceAll(/["']/g, '');
    if (found !== undefined && (current === section ? found === name : `${current}.${found}` === key || found === key))
      return index + 1;
  }
  return 1;
}

function tomlProblem(error: unknown): string {
  const line = typeof error === 'object' && error !== null && 'line' in error ? `:${String(error.line)}` : '';
  return `${line}: ${
    messageOf(error)
      .split('\n')[0]
      ?.replace(/^Invalid TOML document: /, '') ?? 'not TOML'
  }`;
}

/** `; did you mean port?` when a known key is near. */
export function suggestion(key: string, known: readonly string[] = OPTIONS.map((option) => option.key)): string {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(key, candidate) }))
    .filter(({ distance }) => distance <= Math.max(2, key.length / 4))
    .toSorted((one, other) => one.distance - other.distance)[0];
  return near === undefined ? '' : `; did you mean ${near.candidate}?`;
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const change = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
