import { describe, expect, it } from 'vitest';
import { negotiatedDeflate } from '../../../src/decoders/websocket-deflate.ts';

describe('decoders/websocket-deflate', () => {
  it.each([
    [null, null],
    ['', null],
    ['x-webkit-deflate-frame', null],
    ['permessage-deflate', [true, true]],
    ['Permessage-Deflate; server_no_context_takeover', [true, false]],
    ['foo;bar="a", permessage-deflate ; client_no_context_takeover; server_max_window_bits="10"', [false, true]],
    ['permessage-deflate;client_no_context_takeover;server_no_context_takeover', [false, false]],
  ])('reads what was agreed on in %s', (header, takeover) => {
    const agreed = negotiatedDeflate(header);
    expect(agreed === null ? null : [agreed.clientTakeover, agreed.serverTakeover]).toEqual(takeover);
  });
});
