import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskBody } from '../../../src/core/redact.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { type MaskedBody, maskedRequest, maskedResponse } from '../../../src/recorder/masked-body.ts';
import type { MeteredBody } from '../../../src/usage/metered.ts';
import { encodeChunk } from '../../support/eventstream.ts';

const KEY = `sk-ant-api03-${'Ab1'.repeat(12)}`;
const JSON_TYPE = [['content-type', 'application/json']] as const;
const LONG = 'word '.repeat(3000);

const textBody = (text: string): MeteredBody => ({
  text,
  bytes: Buffer.from(text),
  wireBytes: Buffer.byteLength(text),
  truncated: false,
});
const binaryBody = (bytes: Uint8Array): MeteredBody => ({ ...textBody(''), text: null, bytes });
const bytesOf = ({ cut }: MaskedBody): string => Buffer.from(cut?.bytes ?? []).toString('latin1');

const request = (text: string, clean = new CleanSlices()): MaskedBody =>
  maskedRequest(textBody(text), JSON_TYPE, clean);
/** As Bedrock sends it: the texts in base64. */
const stream = (text: string): Buffer =>
  Buffer.concat([encodeChunk({ type: 'text', text: 'Hi.' }), encodeChunk({ text })]);

describe('recorder/masked-body', () => {
  it('masks a long request as a whole would be, wherever a secret stands in it', () => {
    const spots = fc.constantFrom('message', 'system', 'tool', 'key', 'member', 'escaped', 'odd', 'none');
    const clean = new CleanSlices();
    fc.assert(
      fc.property(
        fc.array(spots, { maxLength: 4 }),
        fc.array(fc.string({ maxLength: 200 }), { maxLength: 6 }),
        (where, texts) => {
          const at = (spot: string, value: string): string => (where.includes(spot as never) ? value : 'nothing');
          const text = JSON.stringify({
            model: at('member', KEY),
            [where.includes('key') ? 'api_key' : 'note']: 'a value of some length 1234',
            messages: [
              ...texts.map((content) => ({ role: 'user', content })),
              { role: 'user', content: at('message', `use ${KEY} please`) },
              { role: 'user', content: at('escaped', JSON.stringify({ password: 'hunter2 and more' })) },
              { role: 'user', content: at('odd', 'a \\"password\\": \\"without an end') },
            ],
            system: at('system', `Bearer ${'x9'.repeat(12)}`) + LONG,
            tools: [{ name: 'f', description: at('tool', 'https://user:passw@host/') }],
          });
          const { body, cut } = request(text, clean);
          expect(body.text).toBe(maskBody(text, 'application/json'));
          expect(Buffer.from(cut?.bytes ?? []).toString()).toBe(body.text);
          expect(body.masked).toBe(body.text !== text);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('finds a secret in what comes new to a history that was clean', () => {
    const clean = new CleanSlices();
    const history = [{ role: 'user', content: LONG }];
    expect(request(JSON.stringify({ messages: history }), clean).body.masked).toBe(false);
    const more = JSON.stringify({ messages: [...history, { role: 'user', content: `${LONG}${KEY}` }] });
    for (let turn = 0; turn < 2; turn += 1) expect(request(more, clean).body.text).not.toContain('Ab1Ab1');
  });

  it('searches as a whole what only looks like JSON', () => {
    const clean = new CleanSlices();
    const broken = `{"messages":[{"content":"${LONG}"} , "x" y {"password":"a}b\\"c${'d'.repeat(20)}"}],"z":"${LONG}"`;
    expect(request(broken, clean).body.text).toBe(maskBody(broken));
    expect(bytesOf(request(broken, clean))).not.toContain('dddddddd');
  });

  it('keeps a binary body as it is, unless a secret can be read in it', () => {
    const bytes = Buffer.concat([Buffer.from([0, 255, 128, 7]), Buffer.from(' plain '), Buffer.from([200, 1])]);
    const plain = maskedRequest(binaryBody(bytes), [], new CleanSlices());
    expect([plain.body.masked, plain.cut?.bytes]).toEqual([false, bytes]);
    const secret = maskedResponse(binaryBody(Buffer.concat([bytes, Buffer.from(` ${KEY} `), bytes])), [], false);
    expect(secret.body.masked).toBe(true);
    expect(bytesOf(secret)).not.toContain('Ab1Ab1');
    expect(bytesOf(secret).startsWith(bytes.toString('latin1'))).toBe(true);
  });

  it('keeps no event stream in whose base64 a secret hides', () => {
    const type = [['Content-Type', 'application/vnd.amazon.eventstream']] as const;
    const clean = maskedResponse(binaryBody(stream('plain')), type, true);
    expect([clean.body.masked, clean.cut?.bytes]).toEqual([false, stream('plain')]);
    const secret = maskedResponse(binaryBody(stream(`the key is ${KEY}`)), type, true);
    expect([secret.body.masked, secret.cut]).toEqual([true, null]);
  });

  it('keeps every other byte of a text that is no UTF-8 when it masks a secret in it', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"caf'), Buffer.from([0xe9]), Buffer.from(`","b":"${KEY}"}`)]);
    const { cut, body } = maskedResponse({ ...textBody(bytes.toString()), bytes }, JSON_TYPE, false);
    expect(body.masked).toBe(true);
    expect([...(cut?.bytes ?? [])].slice(0, 11)).toEqual([...bytes.subarray(0, 11)]);
    expect(Buffer.from(cut?.bytes ?? []).toString('latin1')).not.toContain('Ab1Ab1');
  });

  it('gives no bytes where none were kept, and an empty body where it was empty', () => {
    expect(maskedRequest({ ...textBody(''), text: null, bytes: null }, [], new CleanSlices()).cut).toBeNull();
    const empty = maskedRequest({ ...textBody(''), bytes: null }, [], new CleanSlices());
    expect(empty.cut?.blocks).toEqual([]);
  });
});
