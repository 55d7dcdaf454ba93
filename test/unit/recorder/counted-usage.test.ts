import { describe, expect, it } from 'vitest';
import type { ConnectionInfo, ExchangeEnd } from '../../../src/core/recorder-port.ts';
import { unknownUsage, type Usage } from '../../../src/core/usage.ts';
import { type Counted, countedUsage, type CountingDeps } from '../../../src/recorder/counted-usage.ts';
import type { ExchangeFacts } from '../../../src/recorder/live-exchange.ts';
import type { Estimator } from '../../../src/usage/estimate.ts';
import type { Metered, MeteredBody } from '../../../src/usage/metered.ts';
import { Rereads } from '../../../src/recorder/rereads.ts';
import { connectionInfo, exchangeEnd, metered, noRereads, usage } from '../../support/exchanges.ts';

const ESTIMATOR: Estimator = ({ body, assembled }) => ({
  input: body === null ? null : 70,
  output: assembled === null ? null : 30,
});
/** It has nothing to count with. */
const DEAF: Estimator = () => ({ input: null, output: null });
const ANSWER = { text: 'Hello', thinking: '', toolCalls: [] };
const SILENT: Partial<Metered> = { usage: unknownUsage(), assembled: ANSWER };

interface Case {
  metered?: Partial<Metered>;
  end?: Partial<ExchangeEnd>;
  facts?: Partial<ExchangeFacts>;
  connection?: Partial<ConnectionInfo>;
  deps?: Partial<CountingDeps>;
}

function counted(parts: Case): Counted {
  const facts: ExchangeFacts = {
    connection: connectionInfo(parts.connection),
    wall: 0,
    openedAt: 1,
    responseHeadAt: 2,
    endedAt: 3,
    requestBytes: 2,
    responseBytes: 20,
    dropped: 0,
    ...parts.facts,
  };
  return countedUsage({ facts, end: exchangeEnd(parts.end), metered: metered(parts.metered) }, 'anthropic', {
    rereads: noRereads(),
    isDuplicate: () => false,
    estimator: ESTIMATOR,
    ...parts.deps,
  });
}

function body(fields: Partial<MeteredBody>): MeteredBody {
  return { text: '{}', bytes: null, wireBytes: 2, truncated: false, ...fields };
}

const ESTIMATED: Partial<Usage> = {
  input_tokens: 70,
  output_tokens: 30,
  source: 'estimate',
  state: 'final',
  estimated: ['input_tokens', 'output_tokens'],
};
const UNKNOWN: Partial<Usage> = { input_tokens: null, output_tokens: null, state: 'none', estimated: [] };

describe('recorder/counted-usage', () => {
  describe('estimates', () => {
    it('leaves what the provider stated as it is', () => {
      const stated = usage({ cache_read_tokens: 3 });
      expect(counted({ metered: { usage: stated, assembled: ANSWER } })).toEqual({
        usage: stated,
        first: true,
        inference: true,
        settles: null,
        anomalies: [],
      });
    });

    it('counts both sides of a whole answer without usage', () => {
      expect(counted({ metered: SILENT }).usage).toMatchObject(ESTIMATED);
    });

    it('takes a stream for whole when the model said why it stopped, although its client left then', () => {
      const end = { outcome: 'client_aborted' } as const;
      expect(counted({ metered: SILENT, end }).usage.state).toBe('final');
      expect(counted({ metered: { ...SILENT, stop_reason: null }, end }).usage.state).toBe('partial');
      expect(counted({ metered: SILENT, facts: { dropped: 1 } }).usage.state).toBe('partial');
    });

    it('keeps the stated input of a cut stream and counts what was generated', () => {
      const start = usage({
        input_tokens: 900,
        cache_read_tokens: 800,
        output_tokens: null,
        state: 'partial',
        source: 'sse',
      });
      const end = { outcome: 'client_aborted' } as const;
      expect(counted({ metered: { usage: start, assembled: ANSWER }, end }).usage).toEqual({
        ...start,
        output_tokens: 30,
        estimated: ['output_tokens'],
      });
      expect(counted({ metered: { usage: start, assembled: null }, end }).usage).toBe(start);
    });

    it('does not fill in an output that the provider contradicted', () => {
      const doubted = usage({ output_tokens: null, state: 'final' });
      expect(counted({ metered: { usage: doubted, assembled: ANSWER } }).usage).toBe(doubted);
    });

    it('counts the output only when the request is not whole', () => {
      for (const requestBody of [body({ truncated: true }), body({ text: null })]) {
        expect(counted({ metered: { ...SILENT, requestBody } }).usage).toMatchObject({
          input_tokens: null,
          output_tokens: 30,
          estimated: ['output_tokens'],
        });
      }
    });

    it('counts the input of embeddings, which generate nothing', () => {
      const fields = { usage: unknownUsage(), operation: 'embeddings' };
      expect(counted({ metered: fields }).usage).toMatchObject({
        input_tokens: 70,
        output_tokens: 0,
        estimated: ['input_tokens'],
      });
    });

    it.each<[string, Partial<Metered>]>([
      ['an error status', { ...SILENT, status: 500 }],
      ['a model list', { ...SILENT, isInference: false }],
      ['a stored answer', { ...SILENT, reread: true }],
      ['an image', { ...SILENT, operation: 'image_generation' }],
      ['a transcript', { ...SILENT, operation: 'transcription' }],
      ['an answer with units of its own', { ...SILENT, usage: { ...unknownUsage(), units: { characters: 5 } } }],
      ['a job in a queue', { usage: unknownUsage(), assembled: null }],
    ])('estimates nothing for %s', (_, fields) => {
      expect(counted({ metered: fields }).usage.estimated).toEqual([]);
    });

    it('estimates nothing when it is told not to, or cannot', () => {
      expect(counted({ metered: SILENT, deps: { estimator: null } }).usage).toMatchObject(UNKNOWN);
      expect(counted({ metered: SILENT, deps: { estimator: DEAF } }).usage).toMatchObject(UNKNOWN);
    });
  });

  describe('calls that are billed, amount unknown', () => {
    const NO_ANSWER: Partial<Metered> = {
      usage: unknownUsage(),
      assembled: null,
      status: null,
      stop_reason: null,
      response_id: null,
      requestHeaders: [['content-length', '2']],
    };

    it.each(['client_aborted', 'upstream_aborted', 'shutdown'] as const)('are those that end as %s', (outcome) => {
      expect(counted({ metered: NO_ANSWER, end: { outcome } }).anomalies).toEqual(['billed_amount_unknown']);
      const begun = { ...NO_ANSWER, status: 200 };
      expect(counted({ metered: begun, end: { outcome } }).anomalies).toEqual(['billed_amount_unknown']);
    });

    it('are those whose chunks made a whole body', () => {
      const end = { outcome: 'client_aborted' } as const;
      const chunked = { ...NO_ANSWER, requestHeaders: [['transfer-encoding', 'chunked'] as const] };
      expect(counted({ metered: chunked, end }).anomalies).toEqual(['billed_amount_unknown']);
      const cut = { ...chunked, requestBody: body({ text: '{"messages":[' }) };
      expect(counted({ metered: cut, end }).anomalies).toEqual([]);
    });

    it.each<[string, Case]>([
      ['a request that was not wholly sent', { facts: { requestBytes: 1 }, end: { outcome: 'client_aborted' } }],
      ['an answered error', { metered: { status: 529 }, end: { outcome: 'client_aborted' } }],
      [
        'an error inside a 200',
        { metered: { status: 200, error: { type: 'e', message: '' } }, end: { outcome: 'upstream_aborted' } },
      ],
      ['an upstream that was never reached', { end: { outcome: 'upstream_error' } }],
      ['a refusal', { end: { outcome: 'refused' } }],
      ['a whole answer', { metered: { status: 200 }, end: { outcome: 'complete' } }],
      ['a model server of the user', { metered: { billing: 'free' }, end: { outcome: 'client_aborted' } }],
      ['what is no call of a model', { metered: { isInference: false }, end: { outcome: 'client_aborted' } }],
      [
        'a cut stream of which the input was stated',
        {
          metered: { status: 200, usage: usage({ output_tokens: null, state: 'partial' }) },
          end: { outcome: 'client_aborted' },
        },
      ],
    ])('are not %s', (_, parts) => {
      expect(counted({ ...parts, metered: { ...NO_ANSWER, ...parts.metered } }).anomalies).toEqual([]);
    });

    it('are none when what was generated can be counted', () => {
      const cut = { ...NO_ANSWER, status: 200, assembled: ANSWER };
      const end = { outcome: 'client_aborted' } as const;
      expect(counted({ metered: cut, end }).anomalies).toEqual([]);
      expect(counted({ metered: cut, end, deps: { estimator: null } }).anomalies).toEqual(['billed_amount_unknown']);
    });
  });

  describe('once', () => {
    it('counts a stored answer that is read again with its first reading', () => {
      const again = counted({ metered: { reread: true }, deps: { rereads: noRereads({ countsFirst: () => false }) } });
      expect(again).toMatchObject({ first: false, inference: true, anomalies: ['reread'], usage: UNKNOWN });
    });

    it('counts the first poll that has a usage, after a submit and polls that had none', () => {
      const rereads = new Rereads(10, { isCounted: () => false, submitted: () => null });
      const none = { usage: unknownUsage(), assembled: null };
      const poll = { reread: true, isInference: false, response_model: null, request_model: null };
      expect(counted({ metered: none, deps: { rereads } }).settles).toBeNull();
      expect(counted({ metered: { ...none, ...poll }, deps: { rereads } }).settles).toBeNull();
      expect(counted({ metered: poll, deps: { rereads } })).toMatchObject({
        settles: { model: 'claude-opus-4-5' },
        usage: { input_tokens: 10 },
      });
      expect(counted({ metered: poll, deps: { rereads } })).toMatchObject({ anomalies: ['reread'], settles: null });
    });

    it('settles no call of another model', () => {
      const rereads = noRereads({ settle: () => ({ model: 'another' }) });
      expect(counted({ metered: { reread: true, isInference: false }, deps: { rereads } }).settles).toBeNull();
    });

    it('does not wait for the usage of a call that failed', () => {
      const submitted: string[] = [];
      const rereads = noRereads({ submit: (_, id) => void submitted.push(id) });
      const none = { usage: unknownUsage(), assembled: null };
      counted({ metered: { ...none, status: 500 }, deps: { rereads } });
      counted({ metered: { ...none, response_id: null }, deps: { rereads } });
      expect(submitted).toEqual([]);
    });

    it('counts a call through two proxies as one, and keeps what the outer one said', () => {
      const outer = counted({ metered: { usage: usage({ raw: { n: 1 } }) }, deps: { isDuplicate: () => true } });
      expect(outer).toMatchObject({ first: false, inference: false, anomalies: ['duplicate'] });
      expect(outer.usage).toMatchObject({ ...UNKNOWN, raw: { n: 1 } });
      expect(counted({ metered: SILENT, deps: { isDuplicate: () => true } }).usage).toMatchObject(UNKNOWN);
    });

    it('tells upstreams apart by host and port, and does not look at polls', () => {
      const seen: string[] = [];
      const deps = {
        isDuplicate: ({ upstream }: { upstream: string }) => {
          seen.push(upstream);
          return false;
        },
      };
      counted({ connection: { host: 'localhost', port: 4000 }, deps });
      counted({ metered: { reread: true }, deps });
      counted({ metered: { response_id: null }, deps });
      expect(seen).toEqual(['localhost:4000']);
    });
  });
});
