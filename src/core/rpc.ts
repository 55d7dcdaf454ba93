import type { MessagePort } from 'node:worker_threads';

/** Any object of functions with structured-clonable arguments and results. */
type Methods<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? T[K] : never };

/** The same object seen from the other thread: every result is a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

interface Call {
  call: number;
  method: string;
  args: unknown[];
}

interface Reply {
  reply: number;
  value?: unknown;
  error?: string;
}

/** Serves `target` to whoever holds the other end of `port`. */
export function serveRpc<T extends Methods<T>>(port: MessagePort, target: T): void {
  port.on('message', (message: Call) => void answer(port, target, message));
}

async function answer(port: MessagePort, target: object, message: Call): Promise<void> {
  try {
    const method: unknown = Reflect.get(target, message.method);
    if (typeof method !== 'function') throw new Error(`no method ${message.method}`);
    const value: unknown = await Reflect.apply(method, target, message.args);
    port.postMessage({ reply: message.call, value } satisfies Reply);
  } catch (error) {
    port.postMessage({ reply: message.call, error: error instanceof Error ? error.message : String(error) });
  }
}

/** Calls `T` behind `port`. Rejects when that thread ends, and after `timeoutMs`, so that a stuck thread cannot hang the asker. */
export function connectRpc<T extends Methods<T>>(port: MessagePort, timeoutMs = 10_000): Remote<T> {
  const waiting = new Map<number, (reply: Reply) => void>();
  let last = 0;
  port.on('message', (reply: Reply) => {
    waiting.get(reply.reply)?.(reply);
    waiting.delete(reply.reply);
  });
  port.on('close', () => {
    for (const [call, settle] of waiting) settle({ reply: call, error: 'the thread that was asked has ended' });
    waiting.clear();
  });
  const invoke = (method: string, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const call = ++last;
      const timer = setTimeout(() => {
        waiting.delete(call);
        reject(new Error(`no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      waiting.set(call, (reply) => {
        clearTimeout(timer);
        if (reply.error === undefined) resolve(reply.value);
        else reject(new Error(reply.error));
      });
      port.postMessage({ call, method, args } satisfies Call);
    });
  return new Proxy({} as Remote<T>, {
    // `then` must stay absent, or `await remote` would call it.
    get: (_, method) => (method === 'then' ? undefined : (...args: unknown[]) => invoke(String(method), args)),
  });
}
