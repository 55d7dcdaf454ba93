import { readdirSync } from 'node:fs';
import { CASSETTES, type Cassette, loadCassettes } from '../support/cassettes.ts';

/** Names of recordings whose provider has another id with us. */
const PROVIDER_IDS: Readonly<Record<string, string>> = {
  gemini: 'google',
  azure: 'azure-openai',
  'vercel-gateway': 'vercel',
};

/** Model servers that people run themselves: which one it is, only the user can say. */
const LOCAL_SERVERS = new Set(['ollama', 'llamacpp', 'vllm', 'lmstudio']);

/** A recorded exchange and where it went. */
export interface Recorded {
  cassette: Cassette;
  scheme: 'http' | 'https';
  /** Lower case. */
  host: string;
  port: number;
  /** Path with query. */
  target: string;
  /** The user has to name this server: it is one of their own. */
  local: boolean;
}

/** The recordings that are here, by name; empty when there are none. */
export function recordings(): string[] {
  if (CASSETTES === null) return [];
  return readdirSync(CASSETTES)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.slice(0, -'.jsonl'.length))
    .sort();
}

export function providerIdOf(recording: string): string {
  return PROVIDER_IDS[recording] ?? recording;
}

export function recordedOf(recording: string): Recorded[] {
  return loadCassettes(recording).map((cassette) => recorded(recording, cassette));
}

function recorded(recording: string, cassette: Cassette): Recorded {
  // Recorders leave holes where names were private.
  const url = cassette.request.url.replace(/^<\w+>/, 'http://localhost:11434').replaceAll(/<\w+>/g, 'us-east-1');
  const parts = /^(https?):\/\/([^/:?]+)(?::(\d+))?(.*)$/s.exec(url);
  if (parts === null) throw new Error(`${cassette.id}: no URL: ${url}`);
  const [, scheme, host = '', port, target = ''] = parts;
  const http = scheme === 'http';
  return {
    cassette,
    scheme: http ? 'http' : 'https',
    host: host.toLowerCase(),
    port: port === undefined ? (http ? 80 : 443) : Number(port),
    target: target.startsWith('/') ? target : `/${target}`,
    local: LOCAL_SERVERS.has(recording) && (http || host.endsWith('.invalid')),
  };
}
