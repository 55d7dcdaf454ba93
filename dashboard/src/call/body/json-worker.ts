/** Reads large JSON texts beside the page. */
import { buffersOf, parseTape } from './json-tape.ts';

addEventListener('message', (event: MessageEvent<string>) => {
  const tape = parseTape(event.data);
  postMessage(tape, { transfer: buffersOf(tape) });
});
