import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/core/log.ts';

describe('core/log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function logged(pretty: boolean, fields: object): Promise<string> {
    const file = join(folder, 'log');
    const log = createLogger({ level: 'info', pretty, fd: openSync(file, 'w') });
    log.warn(fields, 'something');
    await log.close();
    return readFileSync(file, 'utf8');
  }

  it.each([true, false])('masks secrets wherever they stand (lines for people: %s)', async (pretty) => {
    const secret = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789';
    const text = await logged(pretty, { a: secret, error: new Error(`no ${secret}`), stack: `at ${secret}` });
    expect(text).toContain('something');
    expect(text).not.toContain(secret);
  });

  it('lets nothing that came from the wire steer the terminal', async () => {
    const text = await logged(true, { model: '\u001b[2J\u009b31m\u202e', lines: 'one\r\u0007\ntwo' });
    expect(text.trimEnd()).not.toMatch(/[\u0000-\u001a\u001c-\u001f\u0080-\u009f\u202e]/);
    expect(text).toContain('?[2J');
  });
});
