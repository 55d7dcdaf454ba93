import { describe, expect, it } from 'vitest';
import { modesFor, type ModesOptions } from '../../support/steering.ts';

const OWN = 'http://own:8000/v1';

function change(options: ModesOptions, asked: unknown): string {
  const answer = modesFor({ target_url: OWN, ...options }).switch.change(asked);
  if ('refused' in answer) return `${answer.refused.status} ${answer.refused.message}`;
  const { mode, target_url: url, model } = answer.state;
  return `${mode} ${url} ${model}`;
}

describe('gateway/mode-switch', () => {
  it.each([
    [{ mode: 'compare' }, 'compare http://own:8000/v1 null'],
    [{ mode: 'target', model: 'glm' }, 'target http://own:8000/v1 glm'],
    [{ mode: 'target', target_url: 'https://other' }, 'target https://other null'],
    [{ mode: 'anthropic-only' }, 'passthrough http://own:8000/v1 null'],
    [{ mode: 'passthrough' }, 'passthrough http://own:8000/v1 null'],
  ])('takes %j', (asked, expected) => {
    expect(change({}, asked)).toBe(expected);
  });

  it.each([
    [{}, /^400 missing 'mode' field/],
    ['no JSON', /^400 the body must be a JSON object/],
    [{ mode: 'shadow-only' }, /^400 mode: must be one of passthrough, target, compare/],
    [{ mode: 'target', target_url: 'ftp://x' }, /^400 target_url must be a URL/],
    [{ mode: 'target', model: 1 }, /^400 model must be a text/],
  ])('refuses %j', (asked, expected) => {
    expect(change({}, asked)).toMatch(expected);
  });

  it('needs a target for what goes to one', () => {
    expect(change({ target_url: null }, { mode: 'compare' })).toMatch(/^400 mode compare needs a target: target_url/);
  });

  it('keeps the model until another is named, and forgets it for null', () => {
    expect(change({ model: 'glm' }, { mode: 'target' })).toMatch(/glm$/);
    expect(change({ model: 'glm' }, { mode: 'target', model: null })).toMatch(/null$/);
  });

  it('gives the key of the target to no other server', () => {
    const modes = modesFor({ target_url: OWN, target: { auth: 'env:KEY' }, env: { KEY: 'k' } });
    const authOf = (url: string): string | null | undefined => {
      modes.switch.change({ mode: 'target', target_url: url });
      return modes.steer.steering.now.target?.auth;
    };
    expect(authOf('http://own:8000/v2')).toBe('env:KEY');
    for (const url of ['http://own:8001', 'https://own:8000', 'http://other:8000']) expect(authOf(url)).toBeNull();
  });

  describe('in a daemon that was started for a target', () => {
    const guarded = { allow_anthropic_only: false };

    it.each(['passthrough', 'anthropic-only'])('does not go back by the name of %s', (mode) => {
      expect(change(guarded, { mode })).toMatch(/^403 .*--allow-anthropic-only/);
    });

    it('does not go back by the address of a provider', () => {
      expect(change(guarded, { mode: 'target', target_url: 'https://api.provider.example' })).toMatch(/^403 /);
      expect(change(guarded, { mode: 'target', target_url: 'http://other' })).toBe('target http://other null');
    });

    it('compares', () => {
      expect(change(guarded, { mode: 'compare' })).toMatch(/^compare /);
    });
  });

  it('goes back where the daemon was started without a target, but for the name that asks for the flag', () => {
    const open = { allow_anthropic_only: false, mode: 'passthrough' };
    expect(change(open, { mode: 'passthrough' })).toMatch(/^passthrough /);
    expect(change(open, { mode: 'anthropic-only' })).toMatch(/^403 /);
  });
});

const startMode = (options: ModesOptions): string => modesFor(options).switch.state.mode;

describe('gateway/configure', () => {
  it('starts in mode target where there is a target, else in passthrough', () => {
    expect(startMode({})).toBe('passthrough');
    expect(startMode({ target_url: OWN })).toBe('target');
    expect(startMode({ target_url: OWN, mode: 'compare' })).toBe('compare');
    expect(startMode({ models: [{ id: 'a', target_url: OWN }], model: 'a' })).toBe('passthrough');
  });

  it.each<[ModesOptions, RegExp]>([
    [{ model: 'glm' }, /--model names the model of a target: it needs --target-url/],
    [{ mode: 'target' }, /mode target needs a target/],
    [{ mode: 'compare' }, /mode compare needs a target/],
    [{ mode: 'anthropic-only', allow_anthropic_only: false }, /needs --allow-anthropic-only/],
    [{ mode: 'x', target_url: OWN }, /mode: must be one of/],
    [{ target_url: 'own' }, /--target-url must be a URL/],
    [{ target_url: OWN, target: { auth: 'sk-ant-secret' } }, /auth must be env:NAME or file:PATH/],
    [{ target_url: OWN, target: { auth: 'env:NOT_SET' } }, /is to be in NOT_SET, which is not set/],
    [{ target_url: OWN, target: { auth: 'file:/nowhere/key' } }, /cannot be read \(ENOENT\)/],
    [{ target_url: OWN, target: { fallback: ['a'] } }, /fallback names a, which is none/],
    [{ models: [{ id: 'a' }, { id: 'a' }] }, /a stands there twice/],
    [{ models: [{ id: 'a', url: 'x' }] }, /models\[0\]: has no url/],
    [{ models: [{}] }, /models\[0\]: needs an id/],
    [{ rules: [{ modle: 'x' }] }, /rules\[0\]: has no modle/],
    [{ rules: [{ mode: 'target' }] }, /needs a target/],
  ])('refuses to start with %j', (options, message) => {
    expect(() => modesFor(options)).toThrow(message);
  });

  it('never repeats a key that stands where its place should', () => {
    expect(() => modesFor({ target_url: OWN, target: { auth: 'sk-ant-secret' } })).not.toThrow(/secret/);
  });
});
