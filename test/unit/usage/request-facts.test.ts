import { describe, expect, it } from 'vitest';
import { RequestReader, type RequestFacts } from '../../../src/usage/request-facts.ts';
import { expectLinearTime } from '../../support/growth.ts';

function read(contentType: string, pieces: readonly (string | Buffer)[]): RequestFacts {
  const reader = new RequestReader(contentType);
  for (const piece of pieces) reader.push(Buffer.from(piece));
  return reader.facts();
}

const field = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

describe('usage/request-facts', () => {
  it('reads model and stream of JSON, wherever they stand', () => {
    const body = `{"messages":[{"content":"\\"model\\":\\"no\\""}],"model":"models/gemini-x","stream":true}`;
    expect(read('application/json', [body])).toEqual({ model: 'gemini-x', stream: true });
    expect(read('', body.split(''))).toEqual({ model: 'gemini-x', stream: true });
  });

  it('does not take what is no name for a model', () => {
    for (const body of ['{"model":5}', '{"model":""}', '{"model":null}', '[]', '', 'model=x', '{"model":"cut']) {
      expect(read('application/json', [body])).toEqual({ model: null, stream: false });
    }
  });

  it('reads a form whose file comes first and is large', () => {
    const file = `--b\r\nContent-Disposition: form-data; name="file"; filename="name=model"\r\n\r\n`;
    const pieces = [
      file,
      Buffer.alloc(300_000, 0x41),
      '\r\n',
      field('stream', 'true'),
      field('model', 'whisper-1'),
      '--b--',
    ];
    expect(read('multipart/form-data; boundary=b', pieces)).toEqual({ model: 'whisper-1', stream: true });
  });

  it('takes no longer for hostile forms', async () => {
    await expectLinearTime((lines) => {
      const pieces = [`name="model"\r\n${'a\r\n'.repeat(lines)}`, 'name="model";'.repeat(lines / 3)];
      return () => read('multipart/form-data; boundary=b', pieces);
    }, 30_000);
  });
});
