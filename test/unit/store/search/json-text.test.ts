import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../../../src/store/search/json-text.ts';

const lines = (piece: string, insideString = false): string[] =>
  jsonText(piece, insideString)
    .split('\n')
    .filter((line) => line.trim() !== '');

describe('store/search/json-text', () => {
  it('gives what is said, without the grammar of the API', () => {
    const message = {
      role: 'user',
      content: [{ type: 'text', text: 'two\nlines', cache_control: { type: 'ephemeral' } }],
    };
    expect(lines(JSON.stringify(message))).toEqual(['two', 'lines']);
  });

  it('leaves out the names of counts, which stand in every answer', () => {
    const usage = { prompt_tokens: 12, completion_tokens_details: { reasoning_tokens: 3 }, total_tokens: 15 };
    expect(lines(JSON.stringify({ text: 'said', usage }))).toEqual(['said']);
  });

  it('keeps names that are the words of somebody', () => {
    const tool = { name: 'read_file', input_schema: { properties: { file_path: { type: 'string' } } } };
    expect(lines(JSON.stringify(tool))).toEqual(['read_file', 'file_path']);
  });

  it('reads on in JSON that stands in a string', () => {
    const call = {
      function: { name: 'run', arguments: JSON.stringify({ command: 'echo "a\nb"', deep: '{"x":"y"}' }) },
    };
    expect(lines(JSON.stringify(call))).toEqual(['run', 'command', 'echo "a', 'b"', 'deep', 'x', 'y']);
  });

  it.each([
    ['begins in a string', 'rest of it","name":"next"}', true, ['rest of it', 'next']],
    ['begins in a string, unlike what was thought', 'rest of it","name":"next"}', false, ['rest of it', 'next']],
    ['begins outside, unlike what was thought', '{"name":"next"}', true, ['next']],
    ['ends in a string', '{"name":"nex', false, ['nex']],
    ['ends in an escape', '{"name":"nex\\', false, ['nex\\']],
    ['begins in a number', '17,"name":"next"}', false, ['next']],
    ['begins in a word', 'lse,"name":"next"}', false, ['next']],
    ['ends in a word', '{"name":"next","stream":tr', false, ['next']],
    ['is a text', 'Just a sentence, with: marks.', false, ['Just a sentence, with: marks.']],
    ['is a text with quotes', 'He said "no" twice', false, ['He said "no" twice']],
    ['is the inside of a string', 'A \\"quoted\\" word\\u0020here', true, ['A "quoted" word here']],
    ['is empty', '', false, []],
  ])('reads a piece that %s', (_, piece, insideString, expected) => {
    expect(lines(piece, insideString)).toEqual(expected);
  });

  it('leaves out pictures and ciphers, wherever they stand', () => {
    const data = Buffer.alloc(600, 'picture').toString('base64');
    const message = { source: { data }, text: `see ![x](data:image/png;base64,${data}) here`, signature: 'c2ln' };
    const text = jsonText(JSON.stringify(message), false);
    expect(text).not.toContain(data.slice(20, 40));
    expect(text).not.toContain('c2ln');
    expect(text).toContain('here');
  });

  it('finds the words of any value behind every cut', () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'alpha "beta" gamma\\delta' }], seed: 12 });
    for (let at = 0; at <= body.length; at += 1) {
      const text = `${jsonText(body.slice(0, at), false)}|${jsonText(body.slice(at), at > 20)}`;
      for (const word of ['alpha', 'beta', 'gamma']) {
        const start = body.indexOf(word);
        if (at <= start || at >= start + word.length) expect(text, `cut at ${at}`).toContain(word);
      }
    }
  });

  it('reads anything without a failure, in a time that grows as the text does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (piece, insideString) => {
        expect(typeof jsonText(piece, insideString)).toBe('string');
      }),
    );
    const start = performance.now();
    for (const piece of ['{"'.repeat(250_000), '\\'.repeat(500_000), '["'.repeat(250_000), '"\\"'.repeat(160_000)]) {
      jsonText(piece, false);
    }
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
