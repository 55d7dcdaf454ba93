import { describe, expect, it } from 'vitest';
import { bodyIds } from '../../../src/session/body-ids.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';

function idsOf(body: object, path = '/v1/responses'): ReturnType<typeof bodyIds> {
  return bodyIds(path, cutBody(Buffer.from(JSON.stringify(body)), 'request'));
}

const input = [{ role: 'user', content: 'hi' }];

describe('session/body-ids', () => {
  it.each([
    ['a conversation by its name', { conversation: 'conv_1', input }, 'conv_1', true],
    ['a conversation as an object', { input, conversation: { id: 'conv_2' } }, 'conv_2', true],
    ['metadata', { input, metadata: { tier: 'a', session_id: 'mine' } }, 'mine', false],
    ['metadata before the messages', { metadata: { session_id: 'mine' }, messages: input }, 'mine', false],
  ])('reads %s', (_, body, conversation, isKept) => {
    expect(idsOf(body)).toEqual({ conversation, isKept, previousResponse: null });
  });

  it('reads the thread in a path, and the answer that a request goes on from', () => {
    expect(idsOf({}, '/v1/threads/thread_9/runs?x=1').conversation).toBe('thread_9');
    expect(idsOf({}, '/v1/threads/../x/runs').conversation).toBeNull();
    expect(idsOf({ previous_response_id: 'resp_1', input }).previousResponse).toBe('resp_1');
    expect(bodyIds('/v1/threads/t/messages', null)).toEqual({
      conversation: 't',
      isKept: true,
      previousResponse: null,
    });
  });

  it.each([
    ['a user, who has many conversations', { user: 'u1', input }],
    ['what a message says', { input: [{ role: 'user', content: '"conversation":"conv_1"' }] }],
    ['a member of a message', { input: [{ role: 'user', conversation: 'conv_1', metadata: { session_id: 's' } }] }],
    ['what is masked or no name', { conversation: 'sk-...[masked]', metadata: { session_id: '../x y' }, input }],
    ['an empty one', { conversation: '', previous_response_id: null, input }],
  ])('takes nothing from %s', (_, body) => {
    expect(idsOf(body)).toEqual({ conversation: null, isKept: false, previousResponse: null });
  });

  it('finds it at either end of a long body', () => {
    const long = [{ role: 'user', content: 'x'.repeat(200_000) }];
    expect(idsOf({ conversation: 'conv_1', input: long }).conversation).toBe('conv_1');
    expect(idsOf({ input: long, conversation: 'conv_1' }).conversation).toBe('conv_1');
  });
});
