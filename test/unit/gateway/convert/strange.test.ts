import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  letrec,
  nat,
  oneof,
  property,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Format, FORMATS } from '../../../../src/gateway/convert/model.ts';
import { ANTHROPIC, CHAT, RESPONSES } from '../../../support/answers.ts';
import { Direction, eventsOf, through } from '../../../support/conversions.ts';

const STREAMS: Readonly<Record<Format, string>> = {
  'anthropic-messages': ANTHROPIC,
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
};
const ASKED: Readonly<Record<Format, object>> = {
  'anthropic-messages': {
    model: 'm',
    max_tokens: 9,
    thinking: { type: 'adaptive' },
    messages: [{ role: 'user', content: 'x' }],
  },
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'x' }] },
  'openai-responses': { model: 'm', input: 'x' },
};
const DIRECTIONS = FORMATS.flatMap((client) =>
  FORMATS.filter((each) => each !== client).map((target) => ({ client, target })),
);

/** Words of all formats, so that strange objects are not merely unknown. */
const WORD = constantFrom(
  ...'type id model messages role content text input tools tool_calls function name arguments delta index usage'.split(
    ' ',
  ),
  ...'user assistant tool_use tool_result message function_call response.completed response output item choices'.split(
    ' ',
  ),
  ...'message_start message_delta content_block_start content_block finish_reason stop thinking __proto__ constructor'.split(
    ' ',
  ),
);
const STRANGE = letrec((tie) => ({
  value: oneof(
    { depthSize: 'small' },
    WORD,
    integer(),
    constant(null),
    boolean(),
    array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: dictionary(WORD, tie('value'), { maxKeys: 5 }),
})).object;

const RUNS = { numRuns: 150, seed: 7 } as const;

/** JSON.parse reads it, JSON.stringify does not write it. */
const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

describe('gateway/convert with what nobody expects', () => {
  it('refuses a request that is nested too deep to be written again', () => {
    const asked = JSON.stringify(ASKED['openai-chat']).slice(0, -1);
    const tools = `[{"type":"function","function":{"name":"f","parameters":{"x":${DEEP}}}}]`;
    const made = new Direction('openai-chat', 'anthropic-messages').ask(`${asked},"tools":${tools}}`);
    expect(made).toMatchObject({ refused: { name: 'too_deep' } });
  });

  it.each([
    ['application/json', `{"type":"message","content":[{"type":"tool_use","id":"a","name":"f","input":${DEEP}}]}`],
    [
      'text/event-stream',
      `data: {"type":"message_start","message":{}}\n\ndata: {"type":"content_block_start","content_block":{"type":"tool_use","id":"a","name":"f","input":${DEEP}}}\n\n`,
    ],
  ])('says so where an answer of %s is', (contentType, answer) => {
    const stream = contentType !== 'application/json';
    const request = new Direction('openai-chat', 'anthropic-messages').request({ ...ASKED['openai-chat'], stream });
    const text = through(request.answer.begin(200, contentType), [answer]);
    expect(text).toContain('is not in its format');
  });

  it.each(DIRECTIONS)('converts or refuses any request: $client to $target', ({ client, target }) => {
    const direction = new Direction(client, target);
    assert(
      property(STRANGE, (strange) => {
        for (const body of [strange, { ...ASKED[client], ...strange }]) {
          const made = direction.ask(body);
          if ('refused' in made) expect(made.refused.message).not.toBe('');
          else expect(() => void JSON.parse(made.body.toString())).not.toThrow();
        }
      }),
      RUNS,
    );
  });

  it.each(DIRECTIONS)(
    'writes events for any stream, and one end at most: $target for $client',
    ({ client, target }) => {
      const request = new Direction(client, target).request({ ...ASKED[client], stream: true });
      const events = STREAMS[target].split(/(?<=\n\n)/);
      assert(
        property(
          array(oneof(nat({ max: events.length - 1 }), STRANGE), { maxLength: 20 }),
          boolean(),
          (picked, whole) => {
            const stream = picked.map((each) =>
              typeof each === 'number' ? (events[each] ?? '') : `data: ${JSON.stringify(each)}\n\n`,
            );
            const text = through(request.answer.begin(200, 'text/event-stream'), stream, whole);
            expect(() => eventsOf(text)).not.toThrow();
            const ends =
              text.match(
                /"message_stop"|\[DONE\]|"type":"response\.(?:completed|incomplete|failed)"|^data: \{"error"/gm,
              ) ?? [];
            expect(ends.length).toBeLessThanOrEqual(1);
          },
        ),
        RUNS,
      );
    },
  );

  it.each(DIRECTIONS)('writes a document for any document: $target for $client', ({ client, target }) => {
    const request = new Direction(client, target).request(ASKED[client]);
    assert(
      property(STRANGE, (strange) => {
        const text = through(request.answer.begin(200, 'application/json'), [JSON.stringify(strange)]);
        expect(() => void JSON.parse(text)).not.toThrow();
      }),
      RUNS,
    );
  });
});
