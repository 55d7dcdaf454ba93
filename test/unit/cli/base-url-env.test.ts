import { describe, expect, it } from 'vitest';
import { baseUrlVariables, type KnownServer, localServerVariables } from '../../../src/cli/base-url-env.ts';

const PROXY = 'http://127.0.0.1:7000';
const OLLAMA: KnownServer = { provider: 'ollama', host: '127.0.0.1', port: 11434 };
const VLLM: KnownServer = { provider: 'vllm', host: 'localhost', port: 8000 };

function set(servers: readonly KnownServer[], env: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(localServerVariables(PROXY, servers, env).map(({ name, value }) => [name, value]));
}

describe('cli/base-url-env', () => {
  it('points every SDK that has a variable for it at the proxy port', () => {
    const variables = Object.fromEntries(baseUrlVariables(`${PROXY}/`).map(({ name, value }) => [name, value]));
    expect(variables).toMatchObject({
      ANTHROPIC_BASE_URL: `${PROXY}/anthropic`,
      OPENAI_BASE_URL: `${PROXY}/openai/v1`,
      OLLAMA_HOST: `${PROXY}/ollama`,
    });
  });

  it('shows a configured Ollama to libraries that look where it is by default', () => {
    expect(set([OLLAMA])).toEqual({ OLLAMA_HOST: `${PROXY}/ollama/127.0.0.1:11434` });
    expect(set([{ ...OLLAMA, port: 9999 }])).toEqual({});
    expect(set([])).toEqual({});
  });

  it.each([
    [{ OLLAMA_HOST: 'localhost' }, { OLLAMA_HOST: `${PROXY}/ollama/127.0.0.1:11434` }],
    [{ OLLAMA_HOST: '0.0.0.0:11434' }, { OLLAMA_HOST: `${PROXY}/ollama/127.0.0.1:11434` }],
    [{ OLLAMA_HOST: 'http://[::1]:11434/' }, { OLLAMA_HOST: `${PROXY}/ollama/127.0.0.1:11434` }],
    [{ OLLAMA_HOST: 'gpu.lan:11434' }, {}],
    [
      { OLLAMA_HOST: 'x', OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' },
      { OPENAI_BASE_URL: `${PROXY}/vllm/localhost:8000/v1` },
    ],
    [{ OLLAMA_HOST: 'x', OPENAI_BASE_URL: 'https://api.openai.com/v1' }, {}],
    [{ OLLAMA_HOST: 'x', OPENAI_BASE_URL: 'not a url' }, {}],
    [{ OLLAMA_HOST: 'x', OPENAI_BASE_URL: 'http://127.0.0.1:8001/v1' }, {}],
  ])('with %o changes what names a configured server, and nothing else', (env, expected) => {
    expect(set([OLLAMA, VLLM], env)).toEqual(expected);
  });
});
