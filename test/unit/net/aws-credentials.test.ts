import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AwsCredentialsOptions, AwsCredentialSource } from '../../../src/net/aws-credentials.ts';

let home: string;
let now: number;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-aws-'));
  mkdirSync(join(home, '.aws'));
  now = Date.parse('2026-11-21T10:00:00Z');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const source = (env: Record<string, string> = {}, options: Partial<AwsCredentialsOptions> = {}): AwsCredentialSource =>
  new AwsCredentialSource({
    env: { HOME: home, ...env },
    wall: () => now,
    loadChain: () => Promise.resolve(null),
    ...options,
  });

const write = (name: string, text: string): void => writeFileSync(join(home, '.aws', name), text);

describe('net/aws-credentials', () => {
  it('takes the variables', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(await source(env).get()).toMatchObject({
      accessKeyId: 'AKID',
      secretAccessKey: 'secret',
      sessionToken: null,
    });
    expect(await source({ ...env, AWS_SESSION_TOKEN: 'token' }).get()).toMatchObject({ sessionToken: 'token' });
  });

  it('reads the shared files by profile, and again when they have changed', async () => {
    write(
      'credentials',
      '[default]\naws_access_key_id = A\naws_secret_access_key = a/b=c\n\n[work]\naws_access_key_id=W\naws_secret_access_key=w\naws_session_token=t\n',
    );
    write('config', '[profile only]\naws_access_key_id = O\naws_secret_access_key = o\nregion = x\n');
    const some = source();
    expect(await some.get()).toMatchObject({ accessKeyId: 'A', secretAccessKey: 'a/b=c' });
    expect(await source({ AWS_PROFILE: 'work' }).get()).toMatchObject({ accessKeyId: 'W', sessionToken: 't' });
    expect(await source({ AWS_PROFILE: 'only' }).get()).toMatchObject({ accessKeyId: 'O' });
    write('credentials', '[default]\naws_access_key_id = B\naws_secret_access_key = b\n');
    expect(await some.get()).toMatchObject({ accessKeyId: 'A' });
    now += 61_000;
    expect(await some.get()).toMatchObject({ accessKeyId: 'B' });
  });

  it('asks the official chain once for all who ask, and again shortly before what it gave expires', async () => {
    let asked = 0;
    const chain = () => {
      asked += 1;
      const expiration = new Date(now + 15 * 60_000);
      return Promise.resolve({ accessKeyId: `K${asked}`, secretAccessKey: 's', sessionToken: 't', expiration });
    };
    const some = source({}, { loadChain: () => Promise.resolve(chain) });
    const all = await Promise.all([some.get(), some.get(), some.get()]);
    expect(all.map((each) => each.accessKeyId)).toEqual(['K1', 'K1', 'K1']);
    now += 9 * 60_000;
    expect((await some.get()).accessKeyId).toBe('K1');
    now += 2 * 60_000;
    expect((await some.get()).accessKeyId).toBe('K2');
  });

  it('goes on with what it has until that expires, when no next can be had', async () => {
    const expiration = new Date(now + 15 * 60_000);
    const answers = [Promise.resolve({ accessKeyId: 'K1', secretAccessKey: 's', expiration })];
    const some = source(
      {},
      { loadChain: () => Promise.resolve(() => answers.shift() ?? Promise.reject(new Error('the session is over'))) },
    );
    await some.get();
    now += 11 * 60_000;
    expect((await some.get()).accessKeyId).toBe('K1');
    now += 4 * 60_000;
    await expect(some.get()).rejects.toMatchObject({ message: 'no AWS credentials: the session is over' });
  });

  it('gives up on a chain that never answers, and asks it again for the next call', async () => {
    const answers = [new Promise<never>(() => {}), Promise.resolve({ accessKeyId: 'K2', secretAccessKey: 's' })];
    const chain = () => answers.shift() ?? expect.fail();
    const some = source({}, { loadChain: () => Promise.resolve(chain), timeoutMs: 1 });
    await expect(some.get()).rejects.toMatchObject({
      code: 'aws_credentials',
      message: expect.stringContaining('has not answered') as string,
    });
    expect((await some.get()).accessKeyId).toBe('K2');
  });

  it('says what to do where there are none, and asks again the next time', async () => {
    const some = source();
    await expect(some.get()).rejects.toMatchObject({
      code: 'aws_credentials',
      message: expect.stringContaining('AWS_ACCESS_KEY_ID') as string,
    });
    write('credentials', '[default]\naws_access_key_id = A\naws_secret_access_key = a\n');
    expect(await some.get()).toMatchObject({ accessKeyId: 'A' });
    const failing = source(
      {},
      { loadChain: () => Promise.resolve(() => Promise.reject(new Error('the SSO session has expired'))) },
    );
    await expect(failing.get()).rejects.toMatchObject({
      code: 'aws_credentials',
      message: 'no AWS credentials: the SSO session has expired',
    });
  });
});
