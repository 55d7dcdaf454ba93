/** The clients that are tried. None of them knows of the proxy. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from './expectations.ts';
import { PROGRAMS } from './stage.ts';

const CURL = `set -e
for n in 0 1; do
  printf '200 '
  curl -sS --fail -H 'content-type: application/json' -d @"$CLIENT_FOLDER/body-$n" "$(cat "$CLIENT_FOLDER/url-$n")" | base64 -w0
  echo
done`;
const WGET = `set -e
for n in 0 1; do
  printf '200 '
  wget -q -O- --header 'content-type: application/json' --post-file "$CLIENT_FOLDER/body-$n" "$(cat "$CLIENT_FOLDER/url-$n")" | base64 -w0
  echo
done`;

export const CURL_CLIENT: Client = { name: 'curl', command: ['bash', '-c', CURL], prints: 'raw', calls: 2 };
export const WGET_CLIENT: Client = { name: 'wget', command: ['bash', '-c', WGET], prints: 'raw', calls: 2 };

/** @param node path of a Node binary. */
export function nodeClients(node: string, label: string): Client[] {
  const program = (name: string, file: string, prints: 'raw' | 'sdk', calls: number): Client => ({
    name: `${label} ${name}`,
    command: [node, join(PROGRAMS, file)],
    prints,
    calls,
  });
  return [
    program('fetch', 'fetch.mjs', 'raw', 2),
    program('https', 'https.mjs', 'raw', 2),
    program('openai', 'sdk-openai.mjs', 'sdk', 4),
    program('@anthropic-ai/sdk', 'sdk-anthropic.mjs', 'sdk', 2),
    program('@google/genai', 'sdk-google.mjs', 'sdk', 2),
  ];
}

/** @param modules a folder with node_modules that holds the libraries. */
export function nodeLibraryClients(node: string, label: string, modules: string): Client[] {
  return ['axios', 'node-fetch', 'openai@4'].map((library) => ({
    name: `${label} ${library}`,
    command: [node, join(PROGRAMS, 'node-libraries.mjs')],
    env: { CLIENT_LIBRARY: library, CLIENT_MODULES: modules },
    prints: 'raw',
    calls: 1,
  }));
}

export function pythonClient(python: string, library: string): Client {
  const isSdk = ['openai', 'anthropic', 'google-genai'].includes(library);
  return {
    name: `Python ${library}`,
    command: [python, join(PROGRAMS, isSdk ? 'sdk.py' : 'raw.py')],
    env: { CLIENT_LIBRARY: library },
    prints: isSdk ? 'sdk' : 'raw',
    calls: library === 'openai' ? 3 : 2,
  };
}

/** @param java the `java` of a JDK: it compiles the one file itself. */
export function javaClient(java: string): Client {
  return { name: 'Java HttpClient', command: [java, join(PROGRAMS, 'Client.java')], prints: 'raw', calls: 2 };
}

/** @param binary the built program. */
export function goClient(binary: string): Client {
  return { name: 'Go net/http', command: [binary], prints: 'raw', calls: 2 };
}

export function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
