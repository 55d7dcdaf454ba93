import { describe, expect, it } from 'vitest';
import { Steering, type SteeringOptions } from '../../../src/gateway/steering.ts';
import { modelEntries, rulesOf, targetOf } from '../../../src/gateway/targets.ts';
import { TARGET_DEFAULTS } from '../../support/steering.ts';

const TARGET = targetOf('http://target', TARGET_DEFAULTS, 'x');

function steering(over: Partial<SteeringOptions> = {}): Steering {
  return new Steering({
    mode: 'passthrough',
    target: TARGET,
    model: null,
    parameters: {},
    fallback: [],
    models: [],
    rules: [],
    isModelProvider: (id) => id !== 'stripe',
    ...over,
  });
}

const models = (...tables: Record<string, unknown>[]): SteeringOptions['models'] =>
  modelEntries(tables, TARGET_DEFAULTS);

/** `target glm@http://a` */
function said(decided: ReturnType<Steering['decide']>): string {
  if (decided.action === 'pass' || decided.action === 'refuse') return decided.action;
  const places = decided.destinations.map(({ model, target }) => `${model ?? '*'}@${target.backend.host}`);
  return `${decided.action} by ${decided.rule} ${places.join(' ')}`;
}

describe('gateway/steering', () => {
  it.each([
    ['passthrough', 'pass', 'pass', false],
    ['target', 'target by mode *@target', 'read', true],
    ['compare', 'compare by mode *@target', 'copy', false],
  ] as const)('in mode %s: %s', (mode, decision, outlook, guards) => {
    const steer = steering({ mode });
    expect(said(steer.decide('anthropic', 'claude'))).toBe(decision);
    expect(steer.outlook('anthropic')).toBe(outlook);
    expect(steer.guards('anthropic')).toBe(guards);
  });

  it('leaves alone what is no provider of models, or nobody knows', () => {
    const steer = steering({ mode: 'target' });
    for (const provider of ['stripe', null]) {
      expect(said(steer.decide(provider, null))).toBe('pass');
      expect(steer.outlook(provider)).toBe('pass');
      expect(steer.guards(provider)).toBe(false);
    }
  });

  it('forces its model, whatever the client names', () => {
    const steer = steering({ mode: 'target', model: 'glm' });
    expect(said(steer.decide('anthropic', 'claude'))).toBe('target by mode glm@target');
    expect(said(steer.decide('anthropic', 'glm'))).toBe('target by mode *@target');
    expect(said(steer.decide('anthropic', null))).toBe('target by mode glm@target');
  });

  it('sends models of the registry where they are, in any mode', () => {
    const registry = models({ id: 'local', target_url: 'http://own', model: 'qwen-1' });
    for (const mode of ['passthrough', 'compare'] as const) {
      const steer = steering({ mode, models: registry });
      expect(said(steer.decide('anthropic', 'local'))).toBe('target by model qwen-1@own');
      expect(steer.outlook('anthropic')).toBe('read');
    }
    const steer = steering({ mode: 'target', models: registry });
    expect(said(steer.decide('anthropic', 'local'))).toBe('target by mode qwen-1@own');
    expect(said(steer.decide('anthropic', 'claude'))).toBe('target by mode *@target');
    expect(said(steering({ models: registry }).decide('anthropic', 'claude'))).toBe('pass');
  });

  it('takes the first rule that fits, and those behind one for every model never', () => {
    const rules = rulesOf([
      { name: 'haiku', provider: 'anthropic', model: '*haiku*', mode: 'target', to: 'small' },
      { name: 'rest', provider: 'anthropic', mode: 'passthrough' },
      { name: 'never', provider: 'anthropic', model: 'x', mode: 'target' },
    ]);
    const steer = steering({ mode: 'compare', rules });
    expect(said(steer.decide('anthropic', 'claude-haiku-5'))).toBe('target by haiku small@target');
    expect(said(steer.decide('anthropic', 'x'))).toBe('pass');
    expect(said(steer.decide('openai', 'gpt'))).toBe('compare by mode *@target');
    expect(steer.outlook('anthropic')).toBe('read');
    expect(steer.outlook('openai')).toBe('copy');
  });

  it('guards a provider of which one model is to go to a target', () => {
    const rules = rulesOf([{ provider: 'anthropic', model: 'claude-secret', mode: 'target' }]);
    const steer = steering({ rules });
    expect(steer.guards('anthropic')).toBe(true);
    expect(steer.guards('openai')).toBe(false);
    expect(steer.guardsAny).toBe(true);
    expect(said(steer.decide('anthropic', 'claude'))).toBe('pass');
  });

  it('follows the mode of the moment where a rule names none', () => {
    const steer = steering({ mode: 'compare', rules: rulesOf([{ provider: 'anthropic', to: 'other' }]) });
    expect(said(steer.decide('anthropic', 'claude'))).toBe('compare by rule 1 other@target');
    steer.set({ mode: 'passthrough', target: TARGET, model: null });
    expect(said(steer.decide('anthropic', 'claude'))).toBe('pass');
    expect(steer.outlook('anthropic')).toBe('pass');
  });

  it('has a chain of others for calls, and none for copies', () => {
    const registry = models(
      { id: 'a', target_url: 'http://a', fallback: ['b'] },
      { id: 'b', target_url: 'http://b' },
      { id: 'c', target_url: 'http://c' },
    );
    const of = (mode: 'target' | 'compare', model: string | null): string =>
      said(steering({ mode, model, models: registry, fallback: ['c'] }).decide('anthropic', 'claude'));
    expect(of('target', 'a')).toBe('target by mode a@a b@b');
    expect(of('target', null)).toBe('target by mode *@target c@c');
    expect(of('compare', 'a')).toBe('compare by mode a@a');
  });

  it('refuses what is to go to a target and has none; a copy is just not made', () => {
    const registry = models({ id: 'a', target_url: 'http://a' });
    const of = (mode: 'target' | 'compare'): string =>
      said(steering({ mode, target: null, models: registry }).decide('anthropic', 'claude'));
    expect(of('target')).toBe('refuse');
    expect(of('compare')).toBe('pass');
  });

  it('lists the forced model where the registry is empty', () => {
    expect(steering({ model: 'glm' }).models.map(({ id }) => id)).toEqual(['glm']);
    expect(steering({ model: 'glm', models: models({ id: 'a' }) }).models.map(({ id }) => id)).toEqual(['a']);
  });
});
