import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodiesOf } from '../../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aCapture, aMessage } from '../../support/captures.ts';
import type { CliResult } from '../../support/run-cli.ts';
import { runInProcess } from '../../support/run-in-process.ts';

let home: string;
const REQUEST = '{"messages":[{"role":"user","content":"Hello there"}]}';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-show-'));
  const database = openDatabase(join(home, 'data', 'llm-proxy.db'));
  migrate(database);
  const body = { text: 'x', wireBytes: 4, truncated: true, masked: true };
  const capture = aCapture(
    { id: 'call_0001' },
    {
      response: aMessage('HTTP/1.1 200 OK', null, { body }),
      parts: {
        request: cutBody(Buffer.from(REQUEST), 'request'),
        response: cutBody(Buffer.from('data: 1\n\n'), 'stream'),
        arrivals: [{ offset: 0, at: 7 }],
      },
    },
  );
  const writer = new CallWriter(database);
  writer.begin();
  writer.add({ record: capture.record, costNanos: null, log: null }, bodiesOf(capture));
  writer.commit();
  database.close();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const show = (...args: string[]): Promise<CliResult> =>
  runInProcess(['show', '--home', home, ...args], { HOME: home, XDG_STATE_HOME: home });

describe('cli/show-body', () => {
  it('prints the bytes of a body and nothing else', async () => {
    expect(await show('call_0', '--request')).toMatchObject({ code: 0, stdout: REQUEST, stderr: '' });
  });

  it('says beside it when secrets are masked, and when it is not whole', async () => {
    const { stdout, stderr } = await show('call_0001', '--response');
    expect(stdout).toBe('data: 1\n\n');
    expect(stderr).toMatch(/masked[\s\S]*not the whole body/);
  });

  it('prints the head, or the times of the chunks', async () => {
    expect((await show('call_0001', '--response', '--head')).stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(JSON.parse((await show('call_0001', '--response', '--events')).stdout)).toEqual([
      { offset_ms: 7, start: 0, bytes: 9 },
    ]);
  });

  it('says what is wrong', async () => {
    expect(await show('call_9', '--request')).toMatchObject({
      code: 4,
      stdout: '',
      stderr: 'llm-proxy: no call begins with call_9; llm-proxy calls lists them\n',
    });
    expect((await show('call_0001', '--request', '--response')).stderr).toMatch(/one of them/);
    expect((await show('call_0001', '--head')).stderr).toMatch(/one of them/);
  });
});
