import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SocketReader } from '../../src/usage/socket-reader.ts';
import type { SocketAnswer } from '../../src/usage/socket-answer.ts';
import { CASSETTES } from './cassettes.ts';

/** One message of a WebSocket: a JSON value, or a text as it is. */
export type Frame = readonly [from: 'client' | 'server', message: unknown];

/** What the messages say to the reader, at the times 1, 2, 3 … */
export function playSocket(
  frames: readonly Frame[],
  options: { model?: string; cut?: boolean; binary?: boolean } = {},
): SocketAnswer[] {
  const answers: SocketAnswer[] = [];
  const reader = new SocketReader({
    onAnswer: (answer) => answers.push(answer),
    model: options.model ?? null,
    messageLength: 1_000_000,
    assembledLength: 1000,
    bodyLength: 10_000,
    mayKeep: () => true,
  });
  let at = 0;
  for (const [from, message] of frames) {
    at += 1;
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const data = options.binary === true ? Buffer.from(text) : text;
    if (from === 'client') reader.clientMessage(data, at);
    else reader.serverMessage(data, at);
  }
  reader.end(at + 1);
  return answers;
}

export const server = (...messages: unknown[]): Frame[] => messages.map((message): Frame => ['server', message]);
export const client = (...messages: unknown[]): Frame[] => messages.map((message): Frame => ['client', message]);

/** One recorded WebSocket, and what its provider stated. */
export interface Recording {
  /** Provider. */
  place: string;
  id: string;
  frames: { dir: 'recv' | 'send'; text?: string; base64?: string }[];
  truth: { usages: { type: string; model?: string | null; usage: Record<string, unknown> }[] } | null;
}

export function recordings(): Recording[] {
  const folder = join(CASSETTES ?? '', 'websocket');
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ ...(JSON.parse(line) as Recording), place: file.replace('.jsonl', '') })),
  );
}

/** Input and output as a usage object of either dialect has them. */
export function statedCounts(usage: Record<string, unknown>): { input: number | null; output: number | null } {
  const at = (name: string): number => (usage[name] as number | undefined) ?? 0;
  if ('promptTokenCount' in usage) {
    const output = at('responseTokenCount') + at('candidatesTokenCount') + at('thoughtsTokenCount');
    return { input: at('promptTokenCount') + at('toolUsePromptTokenCount'), output };
  }
  if (!('input_tokens' in usage)) return { input: null, output: null };
  return { input: at('input_tokens'), output: at('output_tokens') };
}
