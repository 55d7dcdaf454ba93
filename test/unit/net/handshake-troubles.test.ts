import { describe, expect, it } from 'vitest';
import { HandshakeTroubles } from '../../../src/net/handshake-troubles.ts';

const failed = { host: 'api.openai.com', agent: 'python-requests/2.32', cause: 'cert-rejected', wall: 0 } as const;

describe('net/handshake-troubles', () => {
  it('tells once what happens again and again, with what to do, the latest first', () => {
    const troubles = new HandshakeTroubles();
    troubles.note(failed);
    troubles.note({ ...failed, agent: null, wall: 1000 });
    troubles.note({ ...failed, wall: 2000 });
    expect(troubles.list()).toEqual([
      {
        host: 'api.openai.com',
        client: 'python-requests/2.32',
        cause: 'cert-rejected',
        hint: expect.stringContaining('does not trust our certificate'),
        count: 2,
        first_at: '1970-01-01T00:00:00.000Z',
        last_at: '1970-01-01T00:00:02.000Z',
      },
      expect.objectContaining({ client: null, count: 1 }),
    ]);
  });

  it('keeps a bounded number, and no secret', () => {
    const troubles = new HandshakeTroubles();
    for (let index = 0; index < 500; index += 1)
      troubles.note({ ...failed, agent: `agent/${index}${'x'.repeat(500)}` });
    const list = troubles.list();
    expect(list).toHaveLength(200);
    expect(list[0]?.client).toMatch(/^agent\/499x+$/);
    expect(list[0]?.client?.length).toBe(120);
    troubles.note({ ...failed, agent: 'x sk-ant-api03-abcdefghijklmnopqrstuvwxyz' });
    expect(troubles.list()[0]?.client).toBe('x sk-ant-...wxyz');
  });
});
