import { describe, expect, it } from 'vitest';
import { SeenAnswers, type Sighting } from '../../../src/recorder/seen-answers.ts';

const ID = 'chatcmpl-9f8e7d6c5b4a';

function sighting(fields: Partial<Sighting> = {}): Sighting {
  return { responseId: ID, upstream: 'api.openai.com:443', openedAt: 10, endedAt: 20, stated: '9 4', ...fields };
}
const outer = (fields: Partial<Sighting> = {}): Sighting =>
  sighting({ upstream: 'gateway.local:4000', openedAt: 5, endedAt: 25, ...fields });

describe('recorder/seen-answers', () => {
  it('knows the outer of two calls that were one', () => {
    const seen = new SeenAnswers(10);
    expect(seen.isDuplicate(sighting())).toBe(false);
    expect(seen.isDuplicate(outer())).toBe(true);
  });

  it('knows the inner one when it ends last', () => {
    const seen = new SeenAnswers(10);
    expect(seen.isDuplicate(outer({ endedAt: 19 }))).toBe(false);
    expect(seen.isDuplicate(sighting())).toBe(true);
  });

  it.each<[string, Sighting]>([
    ['of the same upstream', sighting({ openedAt: 5, endedAt: 25 })],
    ['that began after the first had ended', outer({ openedAt: 21, endedAt: 30 })],
    ['with other counts', outer({ stated: '9 5' })],
    ['of another answer', outer({ responseId: 'chatcmpl-000000000000' })],
  ])('counts a call %s', (_, other) => {
    const seen = new SeenAnswers(10);
    seen.isDuplicate(sighting());
    expect(seen.isDuplicate(other)).toBe(false);
  });

  it('does not believe ids that fakes make up', () => {
    const seen = new SeenAnswers(10);
    seen.isDuplicate(sighting({ responseId: 'chatcmpl-1' }));
    expect(seen.isDuplicate(outer({ responseId: 'chatcmpl-1' }))).toBe(false);
  });

  it('counts the one that states a usage when the other does not', () => {
    const seen = new SeenAnswers(10);
    seen.isDuplicate(sighting({ stated: null }));
    expect(seen.isDuplicate(outer())).toBe(false);
    seen.isDuplicate(sighting({ responseId: 'chatcmpl-abcdefabcdef', stated: null }));
    expect(seen.isDuplicate(outer({ responseId: 'chatcmpl-abcdefabcdef', stated: null }))).toBe(true);
  });

  it('forgets the oldest', () => {
    const seen = new SeenAnswers(1);
    seen.isDuplicate(sighting());
    seen.isDuplicate(sighting({ responseId: 'chatcmpl-000000000000' }));
    expect(seen.isDuplicate(outer())).toBe(false);
  });
});
