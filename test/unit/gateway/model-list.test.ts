import { describe, expect, it } from 'vitest';
import { listRequest, merged, ownList } from '../../../src/gateway/model-list.ts';
import { modelEntries } from '../../../src/gateway/targets.ts';
import { TARGET_DEFAULTS } from '../../support/steering.ts';

const MODELS = modelEntries(
  [{ id: 'glm', display_name: 'GLM', context_window: 200_000 }, { id: 'own/qwen' }],
  TARGET_DEFAULTS,
);

describe('gateway/model-list', () => {
  it.each([
    ['GET', '/v1/models', null],
    ['GET', '/models?limit=5', null],
    ['GET', '/openai/v1/models/', null],
    ['GET', '/v1/models/own%2Fqwen', 'own/qwen'],
  ])('takes %s %s for a list', (method, path, id) => {
    expect(listRequest(method, path, 'openai')).toEqual({ style: 'openai', id });
  });

  it.each([
    ['POST', '/v1/models'],
    ['GET', '/v1beta/models'],
    ['GET', '/v1/modelsx'],
    ['GET', '/v1/models/a/b'],
    ['GET', '/v1/models/%zz'],
  ])('takes %s %s for something else', (method, path) => {
    expect(listRequest(method, path, 'openai')).toBeNull();
  });

  it('puts its own before those of OpenAI-style lists, each id once', () => {
    const theirs = {
      object: 'list',
      data: [
        { id: 'gpt', owned_by: 'openai' },
        { id: 'glm', owned_by: 'other' },
      ],
    };
    expect(merged({ style: 'openai', id: null }, MODELS, theirs)).toEqual({
      object: 'list',
      data: [
        { id: 'glm', object: 'model', created: 0, owned_by: 'llm-proxy', display_name: 'GLM', context_window: 200_000 },
        { id: 'own/qwen', object: 'model', created: 0, owned_by: 'llm-proxy' },
        { id: 'gpt', owned_by: 'openai' },
      ],
    });
  });

  it('keeps the pages of Anthropic-style lists', () => {
    const theirs = { data: [{ id: 'claude' }], has_more: true, first_id: 'claude', last_id: 'claude' };
    expect(merged({ style: 'anthropic', id: null }, MODELS, theirs)).toMatchObject({
      data: [
        { type: 'model', id: 'glm', display_name: 'GLM' },
        { id: 'own/qwen', display_name: 'own/qwen' },
        { id: 'claude' },
      ],
      has_more: true,
      first_id: 'glm',
      last_id: 'claude',
    });
  });

  it.each([null, [], { data: 1 }, 'x'])('gives its own alone where the upstream has no list: %j', (theirs) => {
    expect(merged({ style: 'anthropic', id: null }, MODELS, theirs)).toMatchObject({
      has_more: false,
      last_id: 'own/qwen',
    });
  });

  it('knows one model by its id', () => {
    expect(ownList({ style: 'openai', id: 'own/qwen' }, MODELS)).toMatchObject({ id: 'own/qwen' });
    expect(ownList({ style: 'openai', id: 'gpt' }, MODELS)).toBeNull();
  });
});
