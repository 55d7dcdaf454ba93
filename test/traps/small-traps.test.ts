/** What broke other programs of this kind and needs no daemon to be shown. */
import { describe, expect, it } from 'vitest';
import { clientVariables } from '../../src/cli/client-env.ts';
import { maskHeaders, maskTarget } from '../../src/core/redact.ts';
import { identify } from '../../src/session/identify.ts';
import { client, playSocket, server } from '../support/sockets.ts';

const response = (id: string, output: number): object => ({
  type: 'response.completed',
  response: { id, object: 'response', model: 'gpt-5', usage: { input_tokens: 9, output_tokens: output } },
});
const call = (text: string) =>
  identify({
    requestHeaders: [['user-agent', 'claude-cli/2.1.0']],
    requestBody: JSON.stringify({ model: 'claude', messages: [{ role: 'user', content: text }] }),
    runId: null,
  });

describe('small traps', () => {
  it('l: the warm-up of a WebSocket is no call', () => {
    const answers = playSocket([
      ...client({ type: 'response.create', model: 'gpt-5', generate: false }),
      ...server(response('resp_1', 0)),
      ...client({ type: 'response.create', model: 'gpt-5' }),
      ...server(response('resp_2', 4)),
    ]);
    expect(answers.map(({ isInference, usage }) => [isInference, usage.output_tokens])).toEqual([
      [false, 0],
      [true, 4],
    ]);
  });

  it('u: a key in the query or in the WebSocket protocol is masked', () => {
    const key = `AIza${'x'.repeat(35)}`;
    expect(maskTarget(`/v1beta/models/gemini:generateContent?key=${key}`)).not.toContain(key);
    const secret = `sk-proj-${'y'.repeat(30)}`;
    const headers = maskHeaders([['Sec-WebSocket-Protocol', `realtime, openai-insecure-api-key.${secret}`]]);
    expect(JSON.stringify(headers)).not.toContain(secret);
    expect(JSON.stringify(headers)).toContain('realtime');
  });

  it('w: calls of sub-agents that name no session are not put into one by guesswork', () => {
    expect([call('one task').session_id, call('another').session_id]).toEqual([null, null]);
  });

  it('z: loopback is never sent through the proxy, by a variable of either letter case', () => {
    const set = new Map(
      clientVariables({
        proxyUrl: 'http://127.0.0.1:8080',
        caFile: '/ca.pem',
        bundleFile: '/bundle.pem',
        env: { NO_PROXY: 'corp.example' },
        platform: 'linux',
        merge: (existing) => existing,
        nodePreload: '/preload.cjs',
        pythonFolder: '/python',
        wgetrc: '/wgetrc',
        javaTrustStore: { file: '/trust.p12', password: 'changeit' },
      }).map(({ name, value }) => [name, value]),
    );
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(set.get(name)?.split(',')).toEqual(expect.arrayContaining(['corp.example', 'localhost', '127.0.0.1']));
    }
  });
});
