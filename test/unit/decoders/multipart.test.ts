import { describe, expect, it } from 'vitest';
import { MultipartDecoder } from '../../../src/decoders/multipart.ts';
import { expectLinearTime } from '../../support/growth.ts';

interface Read {
  fields: [string, string][];
  files: { name: string; head: string; length: number }[];
}

function read(pieces: readonly (string | Uint8Array)[]): Read {
  const out: Read = { fields: [], files: [] };
  const decoder = new MultipartDecoder({
    maxField: 40,
    fileHead: 4,
    onField: (name, value) => out.fields.push([name, value]),
    onFile: ({ name, head, length }) => out.files.push({ name, head: Buffer.from(head).toString('latin1'), length }),
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    decoder.push(lent);
    lent.fill(0x7e);
  }
  return out;
}

const BODY = Buffer.from(
  [
    '------b1',
    'Content-Disposition: form-data; name="model_id"',
    '',
    'scribe_v1',
    '------b1',
    'content-disposition: form-data; name=file; filename="name=model.wav"',
    'Content-Type: audio/wav',
    '',
    'RIFF\r\n------b2\r\n\r\nrest',
    '------b1  ',
    'Content-Disposition: form-data; name="empty"',
    '',
    '',
    '------b1',
    'Content-Disposition: form-data; name="prompt"',
    '',
    'two\r\nlines: é',
    '------b1--',
    'Content-Disposition: form-data; name="after"',
    '',
    'the end',
  ].join('\r\n'),
);

const part = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const EXPECTED: Read = {
  fields: [
    ['model_id', 'scribe_v1'],
    ['empty', ''],
    ['prompt', 'two\r\nlines: é'],
  ],
  files: [{ name: 'file', head: 'RIFF', length: 'RIFF\r\n------b2\r\n\r\nrest'.length }],
};

describe('decoders/multipart', () => {
  it('gives fields, and of files the beginning and the length', () => {
    expect(read([BODY])).toEqual(EXPECTED);
  });

  it('reads the same wherever the body is cut', () => {
    for (let at = 1; at < BODY.length; at += 1) {
      expect(read([BODY.subarray(0, at), BODY.subarray(at)])).toEqual(EXPECTED);
    }
    expect(read([...BODY].map((byte) => Uint8Array.of(byte)))).toEqual(EXPECTED);
  });

  it('gives no field that is longer than wanted, and goes on behind it', () => {
    expect(read([`${part('a', 'x'.repeat(41))}${part('b', 'y'.repeat(40))}--b--\r\n`]).fields).toEqual([
      ['b', 'y'.repeat(40)],
    ]);
  });

  it.each(['', 'x', '--', '--\r\n', '{"model":"x"}', '-- \r\n\r\n', '-'.repeat(300), '--b\r\n', '--b\r\nno head'])(
    'gives nothing for %j',
    (body) => {
      expect(read([body])).toEqual({ fields: [], files: [] });
      expect(read(body.split(''))).toEqual({ fields: [], files: [] });
    },
  );

  it('does not tell what was cut off', () => {
    expect(read([BODY.subarray(0, BODY.indexOf('scribe') + 3)])).toEqual({ fields: [], files: [] });
  });

  it('takes linear time for hostile bodies', async () => {
    await expectLinearTime((count) => {
      const bodies = [
        `--b\r\n${'--b'.repeat(count)}`,
        `--b\r\n\r\n${'\r\n--'.repeat(count)}`,
        `--b\r\n${'a: b\r\n'.repeat(count)}`,
        '--b\r\n\r\n\r\n'.repeat(count),
      ];
      return () => bodies.forEach((body) => read([body]));
    }, 20_000);
  });
});
