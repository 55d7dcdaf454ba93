import { describe, expect, it } from 'vitest';
import type { Provider } from '../../../src/providers/provider.ts';
import { bodyRule } from '../../../src/recorder/body-rule.ts';

function provider(id: string, fields: Partial<Provider>): Provider {
  return { id, title: id, hosts: [], intercept: true, endpoints: [], ...fields };
}

const PROVIDERS: Record<string, Provider> = {
  chat: provider('chat', {}),
  voice: provider('voice', { kind: 'model' }),
  gate: provider('gate', { kind: 'gateway' }),
  bank: provider('bank', { kind: 'payments' }),
  mail: provider('mail', { kind: 'messaging' }),
  find: provider('find', { kind: 'search' }),
  vectors: provider('vectors', { kind: 'vector_database' }),
};
const directory = { get: (id: string) => PROVIDERS[id] ?? null };

describe('recorder/body-rule', () => {
  it('keeps the bodies of models, and of hosts that the user named', () => {
    const keeps = bodyRule(directory, []);
    expect(['chat', 'voice', 'gate', 'unknown'].map(keeps)).toEqual([true, true, true, true]);
    expect(['bank', 'mail', 'find', 'vectors'].map(keeps)).toEqual([false, false, false, false]);
  });

  it('keeps others where asked', () => {
    const keeps = bodyRule(directory, ['bank']);
    expect(['bank', 'mail'].map(keeps)).toEqual([true, false]);
  });
});
