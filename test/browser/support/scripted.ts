/** A daemon in front of a provider that answers as it is told: real calls, of which every byte is known. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Daemon, startDaemon } from './daemon.ts';

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Pieces of the body; a number = milliseconds to wait there, a promise = until it is kept. */
  body: readonly (string | number | Promise<unknown>)[];
  /** A piece is written when the client has read the one before it. */
  isApart?: boolean;
  /** The connection is cut behind the last piece. */
  cut?: boolean;
}

export interface ScriptedCall {
  /** Mount of the provider, and the path there: `/anthropic/v1/messages`. */
  path: string;
  headers?: Record<string, string>;
  body: unknown;
  reply: Reply;
}

export interface Scripted {
  daemon: Daemon;
  /** Resolves when the answer has been read; with its status. */
  call: (call: ScriptedCall) => Promise<number>;
  /** The records of all calls so far, newest first, when there are so many. */
  stored: (count: number) => Promise<{ id: string; request_model: string | null }[]>;
  ask: <T>(path: string) => Promise<T>;
  stop: () => Promise<void>;
}

const MOUNTS = ['anthropic', 'openai', 'google', 'mistral'];

/** @param flags more of them for `start` @param home other than one of its own */
export async function startScripted(flags: readonly string[] = [], home?: string): Promise<Scripted> {
  const replies = new Map<string, Scene>();
  const server = createServer((request, response) => void answer(request, response, replies));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const daemon = await startDaemon(home, [...MOUNTS.flatMap((mount) => ['--backend', `${mount}=${origin}`]), ...flags]);
  const ask = async <T>(path: string): Promise<T> => {
    const found = await fetch(`${daemon.adminUrl}${path}`, { headers: { authorization: `Bearer ${daemon.token}` } });
    if (!found.ok) throw new Error(`${path}: ${found.status} ${await found.text()}`);
    return (await found.json()) as T;
  };
  let made = 0;
  return {
    daemon,
    ask,
    call: (call) => send(daemon, `reply-${++made}`, call, replies),
    stored: async (count) => {
      for (;;) {
        // Asked for first: what is counted there stands in the list that comes after.
        const { total_requests: stored } = await ask<{ total_requests: number }>('/api/stats?since=7d');
        // The longest page that there is: of more calls than that, the newest.
        const { calls } = await ask<{ calls: { id: string; request_model: string | null }[] }>('/api/calls?limit=500');
        if (Math.max(calls.length, stored) >= count) return calls;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: async () => {
      await daemon.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A reply, and how much of it the client has read. */
interface Scene {
  reply: Reply;
  /** Bytes. */
  read: number;
  progress: EventEmitter;
}

async function send(daemon: Daemon, key: string, call: ScriptedCall, replies: Map<string, Scene>): Promise<number> {
  const scene: Scene = { reply: call.reply, read: 0, progress: new EventEmitter() };
  replies.set(key, scene);
  const response = await fetch(`${daemon.proxyUrl}${call.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-reply': key, ...call.headers },
    body: JSON.stringify(call.body),
  });
  try {
    for await (const chunk of response.body ?? []) {
      scene.read += chunk.length;
      scene.progress.emit('read');
    }
  } catch {
    // It was cut.
  }
  return response.status;
}

async function untilRead(scene: Scene, bytes: number): Promise<void> {
  while (scene.read < bytes) await once(scene.progress, 'read');
}

const NOTHING: Reply = { status: 404, body: ['{}'] };

async function answer(request: IncomingMessage, response: ServerResponse, replies: Map<string, Scene>): Promise<void> {
  for await (const _ of request);
  const scene = replies.get(String(request.headers['x-reply']));
  const reply = scene?.reply ?? NOTHING;
  response.writeHead(reply.status ?? 200, {
    'content-type': 'application/json',
    'request-id': `req_${String(request.headers['x-reply'])}`,
    ...reply.headers,
  });
  let written = 0;
  for (const piece of reply.body) {
    if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
    else if (typeof piece !== 'string') await piece;
    else {
      if (scene !== undefined && reply.isApart === true) await untilRead(scene, written);
      response.write(piece);
      written += Buffer.byteLength(piece);
    }
  }
  if (reply.cut === true) response.destroy();
  else response.end();
}
