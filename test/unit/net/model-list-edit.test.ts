import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ModelListEdit } from '../../../src/net/model-list-edit.ts';

describe('net/model-list-edit', () => {
  it.each([
    ['{"data":["theirs"]}', { own: true, theirs: { data: ['theirs'] } }],
    ['no JSON', { own: true, theirs: null }],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, { own: true }],
  ])('writes the own list with what can be read of the upstream’s: %.20s', (body, expected) => {
    const edit = new ModelListEdit({
      headers: [],
      inner: null,
      own: { own: true },
      merged: (theirs) => ({ own: true, theirs }),
      isOwnAlone: false,
    });
    const answer = edit.answer({ statusCode: 200, headers: {} } as IncomingMessage);
    expect(answer?.push(Buffer.from(body))).toHaveLength(0);
    expect(JSON.parse(answer?.end(true).toString() ?? '')).toEqual(expected);
  });
});
