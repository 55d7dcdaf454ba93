import { SocketReader } from '../../src/usage/socket-reader.ts';
import type { SocketAnswer } from '../../src/usage/socket-answer.ts';

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
