import { describe, expect, it } from 'vitest';
import { compileConditions, compileFact } from '../../../src/providers/families/fact-source.ts';

describe('providers/families/fact-source', () => {
  it.each([
    'res.body:$.usage.readUnits',
    'res.body:$.data[0].b-64_json',
    'res.body:$.usage.inference.models.*.tokens',
    'res.sse[type=speech.audio.done]:$.usage.input_tokens',
    'res.header:character-cost',
    'res.status',
    'res.bytes',
    'req.audio_seconds',
    'req.body:$.text#codepoints',
    'req.body:$#len',
    'req.query:model',
    'req.query:Fields#items',
    'req.path:voice',
    'req.multipart:n',
    'const:eleven_multilingual_v2',
    'const:1',
    '0.5',
    'res.body:$.audio_duration_ms/1000',
    'res.body:$.metadata.duration * res.body:$.metadata.channels if req.query:multichannel=true',
    '(res.body:$.Offset + res.body:$.Duration) / 10000000',
    'ceil(res.body:$.results#len / 5) * 2 if req.body:$.extract_depth=advanced and !res.body:$.error',
    'abs(res.body:$.price) if res.body:$.price_unit=USD',
    'max(res.body:$.words[*].end)',
  ])('reads %s', (text) => {
    expect(compileFact(text).text).toBe(text);
  });

  it.each([
    '',
    'res',
    'res.nothing:$.a',
    'res.body',
    'res.body:a',
    'res.body:$.a#what',
    'res.body:$.a b',
    'res.body:$.a if',
    'res.body:$.a if ',
    'req.body[type=x]:$.a',
    'req.query',
    'max(1)',
    'ceil(res.body:$.a',
    'res.body:$.a + ',
    'const:',
  ])('refuses %j', (text) => {
    expect(() => compileFact(text)).toThrow(RangeError);
  });

  it('binds products before sums', () => {
    expect(compileFact('1 + 2 * 3').value).toMatchObject({ operator: '+', right: { operator: '*' } });
    expect(compileFact('8 / 2 / 2').value).toMatchObject({ operator: '/', left: { operator: '/' } });
  });

  it('reads conditions with several values and with none', () => {
    const [first, second] = compileConditions('res.sse[type=done]:$.status=Completed|failed and !res.body:$.errors');
    expect(first?.negated).toBe(false);
    expect(['completed', 'FAILED', 'running'].map((text) => first?.like?.(text))).toEqual([true, true, false]);
    expect(first?.fact.where).toEqual({ key: 'type', value: 'done' });
    expect(second).toMatchObject({ negated: true, like: null });
  });
});
