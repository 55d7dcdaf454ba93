import { isAbsolute, resolve } from 'node:path';
import { normaliseHost } from '../core/hosts.ts';
import type { Option } from './options.ts';

export interface LocalServer {
  provider: string;
  host: string;
  port: number;
}

export type Value = string | number | string[] | LocalServer[] | null;

/** What is wrong with a value, in words that follow `must be`. */
export class BadValue extends Error {}

/** @param folder that relative paths start from. Throws BadValue. */
export function parseValue(option: Option, raw: unknown, folder: string): Value {
  switch (option.kind) {
    case 'text':
      return raw === null ? null : text(raw);
    case 'path':
      return path(text(raw), folder);
    case 'port':
      return integer(raw, 0, 65_535, 'a port from 0 to 65535');
    case 'number':
      return integer(raw, 0, 1_000_000, 'a whole number');
    case 'bytes':
      return bytes(raw);
    case 'texts':
      return texts(raw);
    case 'paths':
      return texts(raw).map((item) => path(item, folder));
    case 'choice':
      return choice(raw, option.choices ?? []);
    case 'local-servers':
      return localServers(raw);
  }
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

function bytes(raw: unknown): number {
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

function host(value: string): string {
  const name = normaliseHost(value);
  if (name === null) throw new BadValue(`a host, which ${value} is not`);
  return name;
}
