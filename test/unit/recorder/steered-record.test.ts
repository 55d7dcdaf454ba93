import { describe, expect, it } from 'vitest';
import type { CallRecord, Cost } from '../../../src/core/capture.ts';
import type { ConnectionInfo, ExchangeEnd, SteerFacts } from '../../../src/core/recorder-port.ts';
import { decodeEnd, encodeEnd } from '../../../src/handover/rows.ts';
import type { PriceQuestion } from '../../../src/pricing/cost.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { type RecordDeps, recordExchange } from '../../../src/recorder/record-exchange.ts';
import { NOWHERE } from '../../../src/session/seen-call.ts';
import type { Metered } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd, metered, noRereads } from '../../support/exchanges.ts';

const CLEAN = new CleanSlices();

const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };
const STEER: SteerFacts = {
  mode: 'target',
  rule: 'mode',
  sentTo: 'http://target/v1/messages',
  sentModel: 'glm',
  comparison: null,
};

interface Case {
  connection?: Partial<ConnectionInfo>;
  end?: Partial<ExchangeEnd>;
  metered?: Partial<Metered>;
  deps?: Partial<RecordDeps>;
}

function recordOf(parts: Case): CallRecord {
  const facts = {
    connection: connectionInfo(parts.connection),
    wall: 0,
    openedAt: 0,
    responseHeadAt: 1,
    endedAt: 2,
    requestBytes: 1,
    responseBytes: 1,
    dropped: 0,
  };
  const [capture] = recordExchange(
    { facts, end: exchangeEnd(parts.end), metered: metered(parts.metered) },
    {
      price: () => UNPRICED,
      newId: () => 'call_1',
      rereads: noRereads(),
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      place: () => NOWHERE,
      clean: CLEAN,
      ...parts.deps,
    },
  );
  if (capture === undefined) throw new Error('nothing was recorded');
  return capture.record;
}

describe('recorder/record-exchange, of a call that was steered', () => {
  it('knows the model that the client named in a path that names another one now', () => {
    const end = { steer: { ...STEER, askedModel: 'gemini-x' } };
    expect(recordOf({ end, metered: { request_model: 'glm' } }).request_model).toBe('gemini-x');
  });

  it('says where it went, as what, and why', () => {
    expect(recordOf({ end: { steer: STEER } })).toMatchObject({
      mode: 'target',
      leg: 'primary',
      steer: { rule: 'mode', sent_to: 'http://target/v1/messages', sent_model: 'glm' },
      comparison_id: null,
    });
    expect(recordOf({})).toMatchObject({ mode: 'passthrough', leg: 'primary', steer: null, comparison_id: null });
  });

  it('takes no secret of a rule or a URL along', () => {
    const secret = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz';
    const steer = { ...STEER, rule: `for ${secret}`, sentTo: `http://target/${secret}/v1`, sentModel: secret };
    expect(JSON.stringify(recordOf({ end: { steer } }))).not.toContain(secret);
  });

  it('is priced as the model that was asked for, where the answer names none', () => {
    const models: (string | null)[] = [];
    const price = ({ model }: PriceQuestion): Cost => {
      models.push(model);
      return UNPRICED;
    };
    const asked = { request_model: 'claude', response_model: null };
    recordOf({ end: { steer: STEER }, metered: asked, deps: { price } });
    recordOf({ end: { steer: { ...STEER, sentModel: null } }, metered: asked, deps: { price } });
    recordOf({ end: { steer: STEER }, metered: { ...asked, response_model: 'answered' }, deps: { price } });
    expect(models).toEqual(['glm', 'claude', 'answered']);
  });

  it('is a copy where its connection is one, even if its end was never told', () => {
    const copy = { connection: { leg: 'shadow' as const } };
    expect(recordOf({ ...copy, end: { outcome: 'interrupted' } })).toMatchObject({ mode: 'compare', leg: 'shadow' });
    const steer = { ...STEER, mode: 'compare' as const, comparison: 'cmp_1' };
    expect(recordOf({ ...copy, end: { steer } })).toMatchObject({ leg: 'shadow', comparison_id: 'cmp_1' });
  });

  it('neither stands in for an answer that counts, nor is one that was counted, as a copy', () => {
    const asked: string[] = [];
    const deps: Partial<RecordDeps> = {
      isDuplicate: () => {
        asked.push('duplicate');
        return true;
      },
      rereads: noRereads({
        countsFirst: () => {
          asked.push('reread');
          return false;
        },
        submit: () => asked.push('submit'),
      }),
    };
    const record = recordOf({ connection: { leg: 'shadow' }, deps });
    expect(record.usage).toMatchObject({ input_tokens: 10, output_tokens: 5 });
    expect(asked).toEqual([]);
    expect(recordOf({ deps }).anomalies).toEqual(['duplicate']);
  });

  it('crosses from thread to thread', () => {
    const end = exchangeEnd({ steer: STEER });
    expect(decodeEnd(0, encodeEnd(end))).toEqual(end);
  });
});
