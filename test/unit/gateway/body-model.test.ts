import { describe, expect, it } from 'vitest';
import { BodyModel, type Parameters } from '../../../src/gateway/body-model.ts';

function read(...chunks: string[]): { body: BodyModel; parts: Buffer[] } {
  const body = new BodyModel();
  const parts = chunks.map((chunk) => Buffer.from(chunk));
  for (const part of parts) body.push(part);
  return { body, parts };
}

function changed(text: string, model: string | null, parameters: Parameters = {}, limit?: string): string {
  const { body, parts } = read(text);
  return Buffer.concat(body.changed(parts, model, parameters, limit)).toString();
}

describe('gateway/body-model', () => {
  it('finds the model and the stream at any split', () => {
    const text = '{"a":{"model":"no"},"model":"cla\\u0075de","stream":true}';
    for (let at = 0; at <= text.length; at += 1) {
      const { body } = read(text.slice(0, at), text.slice(at));
      expect([body.model, body.isStream]).toEqual(['claude', true]);
    }
  });

  it.each(['', '[]', '{"model":1}', '{"model":"x"', '{}', 'model=x'])('knows no model of %j', (text) => {
    expect(read(text).body.model).toBeNull();
  });

  it('changes the value of the model alone, at any split', () => {
    const text = '{ "seed": 1.0,\n "model" : "claude", "messages":[{"content":"\\u00e9 model"}] }';
    for (let at = 0; at <= text.length; at += 1) {
      const { body, parts } = read(text.slice(0, at), text.slice(at));
      expect(Buffer.concat(body.changed(parts, 'g"lm', {})).toString()).toBe(text.replace('"claude"', '"g\\"lm"'));
    }
  });

  it('changes a model that is named twice in both places', () => {
    expect(changed('{"model":"a","x":1,"model":"b"}', 'c')).toBe('{"model":"c","x":1,"model":"c"}');
  });

  it('adds a model where there is none', () => {
    expect(changed('{"x":1}', 'c')).toBe('{"x":1,"model":"c"}');
    expect(changed('{}', 'c')).toBe('{"model":"c"}');
  });

  it('adds parameters that are not given, or null, under the name that the API has', () => {
    const parameters = { max_tokens: 9, temperature: 0.5, top_p: 1 };
    expect(changed('{"temperature":0,"model":"a"}', null, parameters)).toBe(
      '{"temperature":0,"model":"a","max_tokens":9,"top_p":1}',
    );
    expect(changed('{"max_completion_tokens":5}', null, { max_tokens: 9 })).toBe('{"max_completion_tokens":5}');
    expect(changed('{"x":1}', null, { max_tokens: 9 }, 'max_output_tokens')).toBe('{"x":1,"max_output_tokens":9}');
  });

  it('leaves alone what it cannot read beyond doubt', () => {
    expect(changed('{"model":"a",}', 'b')).toBe('{"model":"a",}');
  });
});
