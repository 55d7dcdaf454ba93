import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const run = promisify(execFile);

describe('demo', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'llm-proxy-demo-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const demo = async (): Promise<string> => {
    const env = { ...process.env, XDG_STATE_HOME: join(home, 'state') };
    return (await run(process.execPath, [CLI, 'demo', '--home', home], { env })).stdout;
  };

  it('finds its own calls recorded as its providers counted them, the second time in the same home too', async () => {
    expect(await demo()).toContain('All 11 calls were recorded with exactly');
    expect(await demo()).toContain('All 11 calls were recorded with exactly');
  });
});
