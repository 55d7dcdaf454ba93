/** Calls as they leave the store, of which a test changes what it is about. */
import type { CallRecord } from '../../src/core/capture.ts';
import type { StoredExchange, StoredMessage } from '../../src/core/transfer.ts';
import type { Formatter } from '../../src/interchange/formats.ts';
import { aRecord } from './captures.ts';

export function aStoredMessage(
  startLine: string,
  body: string | Uint8Array | null,
  over: Partial<StoredMessage> = {},
): StoredMessage {
  return {
    startLine,
    headers: [['Content-Type', 'application/json']],
    body: typeof body === 'string' ? Buffer.from(body) : body,
    truncated: false,
    masked: false,
    arrivals: null,
    ...over,
  };
}

const ASKED = { model: 'claude-sonnet-4-5', system: 'Be brief.', messages: [{ role: 'user', content: 'Hello' }] };
const ANSWERED = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content: [{ type: 'text', text: 'Hi there' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 9, output_tokens: 5 },
};

export function aStoredExchange(
  over: Partial<CallRecord> = {},
  parts: Partial<Omit<StoredExchange, 'record'>> = {},
): StoredExchange {
  const record = aRecord(over);
  return {
    record,
    request: aStoredMessage(`${record.method} ${record.path} HTTP/1.1`, JSON.stringify(ASKED)),
    response: aStoredMessage(`HTTP/1.1 ${record.status} OK`, JSON.stringify(ANSWERED)),
    ...parts,
  };
}

/** An answer of Anthropic as a stream. */
export function anthropicStream(text: string): string {
  const events = [
    { type: 'message_start', message: { ...ANSWERED, content: [], usage: { input_tokens: 9, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** All that a format makes of some calls. */
export async function written(formatter: Formatter, exchanges: Iterable<StoredExchange>): Promise<string> {
  let text = formatter.start();
  for (const exchange of exchanges) text += String((await formatter.call(exchange)) ?? '');
  return text + String(formatter.end());
}
