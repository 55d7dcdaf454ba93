import { isAbsolute, resolve } from 'node:path';
import { normaliseHost } from '../core/hosts.ts';
import type { Option } from './options.ts';

export interface LocalServer {
  provider: string;
  host: string;
  port: number;
}

/** A table of the file that another room reads. */
export type Table = Readonly<Record<string, unknown>>;

export type Value = string | number | boolean | string[] | LocalServer[] | Table[] | null;

/** What is wrong with a value, in words that follow `must be`. */
export class BadValue extends Error {}

type Read = (raw: unknown, folder: string, option: Option) => Value;

const READERS: Readonly<Record<Option['kind'], Read>> = {
  text: (raw) => (raw === null ? null : text(raw)),
  path: (raw, folder) => (raw === null ? null : path(text(raw), folder)),
  port: (raw) => integer(raw, 0, 65_535, 'a port from 0 to 65535'),
  number: (raw) => (raw === null ? null : integer(raw, 0, 1_000_000, 'a whole number from 0 on, without a unit')),
  decimal: (raw) => (raw === null ? null : decimal(raw)),
  boolean: yesOrNo,
  bytes,
  texts,
  paths: (raw, folder) => texts(raw).map((item) => path(item, folder)),
  choice: (raw, _folder, option) => choice(raw, option.choices ?? []),
  'local-servers': localServers,
  tables: (raw, _folder, option) => tables(raw, option.value),
};

/** @param folder that relative paths start from. Throws BadValue. */
export function parseValue(option: Option, raw: unknown, folder: string): Value {
  return READERS[option.kind](raw, folder, option);
}

function text(raw: unknown): string {
  if (typeof raw === 'string' && raw !== '') return raw;
  throw new BadValue('a text that is not empty');
}

function path(value: string, folder: string): string {
  return isAbsolute(value) ? value : resolve(folder, value);
}

function integer(raw: unknown, from: number, to: number, what: string): number {
  const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
  if (typeof value === 'bigint') return integer(Number(value), from, to, what);
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value;
  throw new BadValue(what);
}

function decimal(raw: unknown): number {
  const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new BadValue('a number from 0 upwards');
}

/** Variables are texts. */
function yesOrNo(raw: unknown): boolean {
  if (raw === true || raw === 'true' || raw === '1') return true;
  if (raw === false || raw === 'false' || raw === '0') return false;
  throw new BadValue('true or false');
}

const UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/** `500000`, `64MiB`, `1GB`. Throws BadValue. */
export function bytes(raw: unknown): number {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(String(raw));
  const unit = UNITS[match?.[2]?.toUpperCase() ?? '?'];
  if (match === null || unit === undefined) throw new BadValue('a size such as 500000, "64MiB" or "1GB"');
  return Number(match[1]) * unit;
}

/** A list; variables and single flags separate by commas. */
function texts(raw: unknown): string[] {
  const list: unknown[] = Array.isArray(raw) ? raw : [raw];
  return list.flatMap((item) => {
    if (typeof item !== 'string') throw new BadValue('a list of texts');
    return item
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  });
}

function choice(raw: unknown, choices: readonly string[]): string {
  if (typeof raw === 'string' && choices.includes(raw)) return raw;
  throw new BadValue(`one of ${choices.join(', ')}`);
}

const SHAPE = 'like [[local]] provider = "ollama", host = "127.0.0.1", port = 11434';

function localServers(raw: unknown): LocalServer[] {
  if (typeof raw === 'string') return raw.split(',').filter(Boolean).map(localServerOf);
  if (!Array.isArray(raw)) throw new BadValue(SHAPE);
  return raw.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw new BadValue(SHAPE);
    const fields = entry as Record<string, unknown>;
    const unknown = Object.keys(fields).find((name) => !['provider', 'host', 'port'].includes(name));
    if (unknown !== undefined) throw new BadValue(`${SHAPE}; there is no ${unknown}`);
    return {
      provider: text(fields['provider']),
      host: host(text(fields['host'])),
      port: integer(fields['port'], 1, 65_535, SHAPE),
    };
  });
}

/** `ollama=127.0.0.1:11434`, as a variable has it. */
function localServerOf(entry: string): LocalServer {
  const match = /^\s*([\w-]+)=(.+):(\d+)\s*$/.exec(entry);
  if (match === null) throw new BadValue('like ollama=127.0.0.1:11434');
  return { provider: match[1] ?? '', host: host(match[2] ?? ''), port: integer(match[3], 1, 65_535, 'a port') };
}

function tables(raw: unknown, shape: string): Table[] {
  if (Array.isArray(raw) && raw.every(isTable)) return raw;
  throw new BadValue(`${shape} tables, in the file`);
}

function isTable(entry: unknown): entry is Table {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry) && !(entry instanceof Date);
}

function host(value: string): string {
  const name = normaliseHost(value);
  if (name === null) throw new BadValue(`a host, which ${value} is not`);
  return name;
}
