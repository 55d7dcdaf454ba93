import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { withoutForeignSettings } from './environment.ts';

describe('support/environment withoutForeignSettings', () => {
  it('takes out what would change what programs do, and leaves what they need', () => {
    const needed = { PATH: '/bin', HOME: '/root', TMPDIR: '/t', LLM_PROXY_TEST_KILLS: '2', LLM_PROXY_CASSETTES: '/c' };
    const foreign = {
      HTTPS_PROXY: 'http://127.0.0.1:9',
      no_proxy: '*',
      LLM_PROXY_PORT: '1',
      XDG_STATE_HOME: '/s',
      NODE_OPTIONS: '--no-such-flag',
      NODE_EXTRA_CA_CERTS: '/none',
      SSL_CERT_FILE: '/none',
      OPENAI_BASE_URL: 'http://x',
      AWS_PROFILE: 'mine',
      FORCE_COLOR: '3',
      LC_ALL: 'tr_TR.UTF-8',
    };
    const env: NodeJS.ProcessEnv = { ...needed, ...foreign };
    withoutForeignSettings(env);
    expect(env).toEqual(needed);
  });

  it('is in force in the process of a test and in those that it starts', () => {
    const script = 'process.stdout.write(Object.keys(process.env).join())';
    const names = execFileSync(process.execPath, ['-e', script]).toString();
    expect(names).not.toMatch(/(?:^|,)(?:https?_proxy|NODE_OPTIONS|SSL_CERT_FILE|LLM_PROXY_PORT|XDG_\w+)(?:,|$)/i);
  });
});
