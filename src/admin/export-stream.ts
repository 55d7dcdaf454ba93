/** Calls as one file, on its way to whoever asked: never more than one of them in memory. */
import type { StoredExchange } from '../core/transfer.ts';
import type { Formatter } from '../interchange/formats.ts';

/** Call by call, as fast as it is taken; whoever leaves ends the work. */
export function exportStream(formatter: Formatter, exchanges: Iterable<StoredExchange>): ReadableStream<Uint8Array> {
  const pieces = piecesOf(formatter, exchanges);
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(typeof value === 'string' ? Buffer.from(value) : value);
    },
    cancel: async () => {
      await pieces.return();
    },
  });
}

async function* piecesOf(
  formatter: Formatter,
  exchanges: Iterable<StoredExchange>,
): AsyncGenerator<string | Uint8Array, void> {
  yield formatter.start();
  for (const exchange of exchanges) {
    const piece = await formatter.call(exchange);
    if (piece !== null) yield piece;
    // Questions of others come between two calls.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield formatter.end();
}
