import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import type { SocketCall, SocketEnd, SocketMeter } from '../../../src/usage/socket-meter.ts';
import { CASSETTES } from '../../support/cassettes.ts';
import { recordings, statedCounts } from '../../support/sockets.ts';
import { Deflater, fragmented, frame } from '../../support/websocket.ts';

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

interface Opened {
  socket: SocketMeter;
  calls: SocketCall[];
  says: (message: object, at?: number) => void;
  hears: (message: object, at?: number) => void;
  end: (upstreamLeft?: boolean) => SocketEnd;
}

interface Place {
  provider?: string | null;
  host?: string;
  path?: string;
  extensions?: string;
  mayHold?: () => boolean;
}

function opened({ provider = 'openai', host = 'api.openai.com', path = '/v1/responses', ...more }: Place = {}): Opened {
  const meter = new ExchangeMeter({ directory, host, port: 443, provider, limits: DEFAULT_LIMITS });
  const extensions = more.extensions === undefined ? '' : `Sec-WebSocket-Extensions: ${more.extensions}\r\n`;
  meter.requestHead(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\n\r\n`));
  meter.responseHead(Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n${extensions}\r\n`), 1);
  const calls: SocketCall[] = [];
  const socket = meter.socket({ onCall: (call) => calls.push(call), mayHold: more.mayHold ?? (() => true) });
  if (socket === null) throw new Error('it is no WebSocket');
  return {
    socket,
    calls,
    says: (message, at = 2) => socket.push('request', frame(JSON.stringify(message), { masked: true }), at),
    hears: (message, at = 3) => socket.push('response', frame(JSON.stringify(message)), at),
    end: (upstreamLeft = false) => socket.end('upgraded', upstreamLeft, 9),
  };
}

const done = (id: string, input: number, output: number, more: object = {}): object => ({
  type: 'response.completed',
  response: {
    id,
    object: 'response',
    model: 'gpt-x-2026-01-01',
    usage: { input_tokens: input, output_tokens: output },
    ...more,
  },
});
const asked = { type: 'response.create', model: 'gpt-x', input: 'hi' };
const delta = { type: 'response.output_text.delta', item_id: 'm', delta: 'Hello' };

describe('usage/socket-meter', () => {
  it('makes one call of each answer, with what was said for it and in it', () => {
    const { calls, says, hears, end } = opened();
    says(asked, 10);
    hears({ type: 'response.created', response: { id: 'a' } }, 11);
    hears(delta, 12);
    hears(done('a', 10, 3), 13);
    says({ ...asked, previous_response_id: 'a' }, 20);
    hears(done('b', 15, 4), 21);
    expect(calls).toMatchObject([
      {
        outcome: 'complete',
        startedAt: 10,
        begunAt: 11,
        endedAt: 13,
        metered: {
          provider: 'openai',
          operation: 'responses',
          isInference: true,
          status: 101,
          request_model: 'gpt-x',
          response_model: 'gpt-x-2026-01-01',
          response_id: 'a',
          stream: true,
          usage: { input_tokens: 10, output_tokens: 3, source: 'websocket', state: 'final' },
          firstContentAt: 12,
          assembled: { text: 'Hello' },
        },
      },
      { metered: { response_id: 'b', usage: { input_tokens: 15, output_tokens: 4 } } },
    ]);
    const [first, second] = calls.map(({ metered }) => metered);
    expect(JSON.parse(first?.requestBody.text ?? '')).toEqual(asked);
    expect(JSON.parse(second?.requestBody.text ?? '')).toMatchObject({ previous_response_id: 'a' });
    const lines = first?.responseBody.text?.split('\n') ?? [];
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'response.created',
      'response.output_text.delta',
      'response.completed',
    ]);
    expect([first?.responseBody.truncated, first?.arrivals[0]]).toEqual([false, 0]);
    const sum = (side: 'requestBody' | 'responseBody'): number =>
      (first?.[side].wireBytes ?? 0) + (second?.[side].wireBytes ?? 0);
    expect(end()).toEqual({
      isCall: false,
      problem: null,
      requestBytes: sum('requestBody'),
      responseBytes: sum('responseBody'),
    });
  });

  it('leaves sound out of what is kept, and says that something is missing', () => {
    const { calls, says, hears } = opened({ path: '/v1/realtime?model=rt-1' });
    hears({ type: 'session.created', session: { id: 'sess_1', model: 'rt-1-dated' } });
    says({ type: 'input_audio_buffer.append', audio: 'A'.repeat(4000) }, 4);
    hears({ type: 'response.created', response: { id: 'r' } }, 5);
    hears({ type: 'response.output_audio.delta', response_id: 'r', delta: 'B'.repeat(4000) }, 6);
    hears({ type: 'response.output_audio_transcript.delta', response_id: 'r', delta: 'Hi' }, 7);
    hears({ ...done('r', 5, 6), type: 'response.done' }, 8);
    const [call] = calls;
    expect(call).toMatchObject({ session: 'sess_1', isOneConversation: true });
    const { requestBody, responseBody, ...metered } = call?.metered ?? {};
    expect(metered).toMatchObject({ operation: 'realtime', request_model: 'rt-1', firstContentAt: 6 });
    expect(requestBody).toMatchObject({ text: null, truncated: true });
    expect(responseBody?.truncated).toBe(true);
    expect(responseBody?.text).not.toContain('BBB');
    expect(responseBody?.wireBytes).toBeGreaterThan(4000);
  });

  it('has a turn of Gemini begin with what it answers, however its JSON is written', () => {
    const { socket, calls, says, end } = opened({
      provider: 'google',
      host: 'generativelanguage.googleapis.com',
      path: '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k',
    });
    const hears = (message: object, at: number): void =>
      socket.push('response', frame(JSON.stringify(message, null, 2), { opcode: 2 }), at);
    says({ setup: { model: 'models/gemini-live' } }, 10);
    hears({ setupComplete: {} }, 11);
    says({ client_content: { turns: [{ parts: [{ text: 'hi' }] }], turn_complete: true } }, 20);
    hears({ serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: 'audio/pcm', data: 'QUJD' } }] } } }, 21);
    hears({ serverContent: { turnComplete: true }, usageMetadata: { promptTokenCount: 9, responseTokenCount: 2 } }, 22);
    expect(calls).toMatchObject([
      {
        startedAt: 20,
        begunAt: 21,
        isOneConversation: true,
        metered: {
          operation: 'realtime',
          request_model: 'gemini-live',
          usage: { input_tokens: 9, output_tokens: 2 },
          responseBody: { truncated: true },
        },
      },
    ]);
    const text = calls[0]?.metered.responseBody.text ?? '';
    expect(JSON.parse(text)).toMatchObject({ usageMetadata: { promptTokenCount: 9 } });
    expect(end().isCall).toBe(false);
  });

  it.each([
    ['nobody says who', [], false, 'client_aborted'],
    ['the connection of the upstream ended first', [], true, 'upstream_aborted'],
    ['the client said its last', ['request', 'response'], true, 'client_aborted'],
    ['the server said its last', ['response', 'request'], false, 'upstream_aborted'],
  ] as const)('ends an answer that was cut where %s', (_, closes, upstreamLeft, outcome) => {
    const { socket, calls, says, hears, end } = opened();
    says(asked);
    hears(delta);
    hears({ type: 'response.created', response: { id: 'a' } });
    hears(delta);
    for (const side of closes) socket.push(side, frame('', { opcode: 8, masked: side === 'request' }), 4);
    expect(socket.progress(3)).toEqual({ model: 'gpt-x', text: 'llo', thinkingLength: 0, tool: null });
    expect(end(upstreamLeft).isCall).toBe(false);
    expect(socket.progress(3)).toBeNull();
    expect(calls).toMatchObject([
      { outcome, endedAt: 9, metered: { usage: { state: 'none' }, assembled: { text: 'Hello' } } },
    ]);
  });

  it('reads on without keeping while memory is short', () => {
    let mayHold = false;
    const { calls, says, hears } = opened({ mayHold: () => mayHold });
    says(asked);
    hears(done('a', 10, 3));
    mayHold = true;
    says(asked);
    hears(done('b', 10, 3));
    expect(calls.map(({ metered }) => [metered.usage.input_tokens, metered.requestBody.text === null])).toEqual([
      [10, true],
      [10, false],
    ]);
    expect(calls[0]?.metered).toMatchObject({ requestBody: { truncated: true }, responseBody: { truncated: true } });
  });

  it('holds little of what a client says that nobody answers, and nothing of a dialect that it does not read', () => {
    const foreign = opened({
      provider: 'elevenlabs',
      host: 'api.elevenlabs.io',
      path: '/v1/text-to-speech/v/stream-input',
    });
    const realtime = opened({ path: '/v1/realtime' });
    for (let index = 0; index < 30; index += 1) {
      foreign.says({ text: 'x'.repeat(20_000) });
      realtime.says({ type: 'conversation.item.create', item: { text: 'x'.repeat(20_000) } });
    }
    const asking = opened({ path: '/v1/realtime' });
    for (let index = 0; index < 500; index += 1) asking.says({ setup: { text: 'x'.repeat(20_000) } });
    expect(asking.socket.held).toBeLessThan(600_000);
    expect(foreign.socket.held).toBeLessThanOrEqual(2048);
    expect(realtime.socket.held).toBeLessThan(300_000);
    realtime.says({ type: 'response.create', response: { instructions: 'go' } });
    realtime.hears({ ...done('r', 5, 6), type: 'response.done' });
    const body = realtime.calls[0]?.metered.requestBody;
    expect([body?.truncated, body?.text?.includes('"go"')]).toEqual([true, true]);
  });

  it('counts an answer once that many sockets of a call hear', () => {
    const sideband = opened({ path: '/v1/realtime?call_id=rtc_1' });
    sideband.hears({ ...done('r', 5, 6), type: 'response.done' });
    expect(sideband.calls[0]?.metered).toMatchObject({ reread: true, response_id: 'r' });
  });

  it('lets the connection itself be the call where nothing on it says what is', () => {
    const deepgram = opened({ provider: 'deepgram', host: 'api.deepgram.com', path: '/v1/listen' });
    deepgram.hears({ type: 'Results', channel: {} });
    expect(deepgram.end().isCall).toBe(true);
    expect(opened().end().isCall).toBe(false);
    const broken = opened();
    broken.socket.push('response', Buffer.from('HTTP/1.1 500 Oh no'), 2);
    expect(broken.end()).toMatchObject({ isCall: true, problem: 'framing' });
    const unknown = opened({ provider: null, host: 'llm.example', path: '/base/v1/responses' });
    unknown.says(asked);
    unknown.hears(done('a', 1, 1));
    expect(unknown.end().isCall).toBe(false);
    expect(unknown.calls).toMatchObject([{ metered: { operation: 'responses' } }]);
  });

  it('reads one side on when the other cannot be read', () => {
    const { socket, calls, hears, end } = opened();
    socket.push('request', Buffer.from('no frame'), 2);
    hears(done('a', 10, 3));
    expect(calls).toMatchObject([{ metered: { usage: { input_tokens: 10 }, requestBody: { text: '' } } }]);
    expect(end()).toMatchObject({ isCall: false, problem: 'framing' });
  });

  it('never throws, holds little and invents nothing, whatever the bytes are', () => {
    const message = fc.constantFrom(
      asked,
      delta,
      done('a', 10, 3),
      { type: 'error' },
      { setup: {} },
      { usageMetadata: {} },
      [],
    );
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(message, fc.boolean()).map(([said, masked]) => frame(JSON.stringify(said), { masked })),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => frame(bytes, { rsv1: true })),
    );
    const step = fc.tuple(fc.constantFrom('request' as const, 'response' as const), fc.oneof(piece, fc.nat(30)));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.boolean(), (steps, compressed) => {
        const { socket, calls, end } = opened(compressed ? { extensions: 'permessage-deflate' } : {});
        for (const [side, what] of steps) {
          if (typeof what === 'number') socket.gap(side, what);
          else socket.push(side, what, 1);
        }
        expect(socket.held).toBeLessThan(100_000);
        expect(end().problem).not.toBe('error');
        for (const { metered } of calls) expect([10, null]).toContain(metered.usage.input_tokens);
      }),
      { numRuns: 100 },
    );
  });

  it('is of no other upgrade', () => {
    const meter = new ExchangeMeter({ directory, host: 'h', port: 443, provider: null, limits: DEFAULT_LIMITS });
    const hooks = { onCall: () => {}, mayHold: () => true };
    meter.requestHead(Buffer.from('GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n'));
    expect(meter.socket(hooks)).toBeNull();
    meter.responseHead(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'), 1);
    expect(meter.socket(hooks)).toBeNull();
    meter.responseHead(Buffer.from('HTTP/1.1 400 Bad Request\r\nUpgrade: websocket\r\n\r\n'), 1);
    expect(meter.socket(hooks)).toBeNull();
  });
});

const PROVIDERS: Record<string, { provider: string; host: string; path: string }> = {
  azure: { provider: 'azure-openai', host: 'r.openai.azure.com', path: '/openai/v1/realtime?deployment=d' },
  gemini: {
    provider: 'google',
    host: 'generativelanguage.googleapis.com',
    path: '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent',
  },
  openai: { provider: 'openai', host: 'api.openai.com', path: '/v1/realtime?model=m' },
  xai: { provider: 'xai', host: 'api.x.ai', path: '/v1/realtime?model=m' },
};

describe.skipIf(CASSETTES === null)('usage/socket-meter: recorded sockets', () => {
  it('count what the provider stated, through frames cut anywhere, every other socket compressed', () => {
    const wrong: string[] = [];
    for (const [index, { id, place, frames, truth }] of recordings().entries()) {
      const at = PROVIDERS[place];
      const deflaters = index % 2 === 0 ? null : { send: new Deflater(true), recv: new Deflater(true) };
      const extensions = deflaters === null ? {} : { extensions: 'permessage-deflate' };
      const { socket, calls, end } = opened({ ...at, ...extensions });
      for (const { dir, text, base64 } of frames) {
        const payload = Buffer.from(text ?? base64 ?? '', text === undefined ? 'base64' : 'utf8');
        const options = { masked: dir === 'send', opcode: text === undefined ? 2 : 1, rsv1: deflaters !== null };
        const bytes = fragmented(deflaters?.[dir].compress(payload) ?? payload, 1500 + index, options);
        for (let from = 0; from < bytes.length; from += 1000 + index) {
          socket.push(dir === 'send' ? 'request' : 'response', bytes.subarray(from, from + 1000 + index), 1);
        }
      }
      const { problem } = end();
      const stated = (truth?.usages ?? []).map(({ usage }) => statedCounts(usage));
      const ours = calls.map(({ metered: { usage } }) => ({ input: usage.input_tokens, output: usage.output_tokens }));
      const isRight = stated.every(
        ({ input, output }, at) => input === null || (ours[at]?.input === input && ours[at]?.output === output),
      );
      if (!isRight || ours.length !== stated.length || problem !== null)
        wrong.push(`${id}: ${problem} ${JSON.stringify(ours)} not ${JSON.stringify(stated)}`);
      if (calls.some(({ metered }) => metered.provider !== at?.provider || metered.usage.source !== 'websocket'))
        wrong.push(id);
    }
    expect(wrong).toEqual([]);
  });
});
