import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../src/session/clients.ts';
import { expectLinearTime } from '../../support/growth.ts';

const clientFor = (agent: string, more: Record<string, string> = {}): string | null =>
  clientOf(Object.entries({ ...more, 'User-Agent': agent }));

describe('session/clients', () => {
  it('finds nobody in headers and languages that are called as what every object has', () => {
    expect(
      clientOf([
        ['__proto__', 'x'],
        ['constructor', 'y'],
        ['user-agent', 'curl/8.1'],
      ]),
    ).toBe('curl/8.1');
    expect(clientFor('OpenAI/constructor 1.0.0')).toBe('openai-constructor/1.0.0');
    const fern = { 'x-fern-sdk-name': 'acme', 'x-fern-sdk-version': '1.0', 'x-fern-language': '__proto__' };
    expect(clientFor('', fern)).toBe('acme-__proto__/1.0');
  });

  it.each([
    ['claude-cli/2.1.3 (external, cli)', 'claude-code/2.1.3'],
    ['claude-cli/2.0.14 (external, sdk-ts, agent-sdk/0.1.5)', 'claude-code/2.0.14'],
    ['claude-code/2.1.3', 'claude-code/2.1.3'],
    ['codex_cli_rs/0.55.0 (Debian 12; x86_64) xterm-256color', 'codex/0.55.0'],
    ['codex_exec/0.98.0 (Mac OS 15.0; arm64) dumb', 'codex/0.98.0'],
    ['codex_vscode/0.46.0', 'codex/0.46.0'],
    ['codex-tui/0.118.0 (Ubuntu 24.4.0; x86_64)', 'codex/0.118.0'],
    ['GeminiCLI/v0.1.5 (linux; x64)', 'gemini-cli/0.1.5'],
    ['GeminiCLI/0.16.0/gemini-2.5-pro (darwin; arm64)', 'gemini-cli/0.16.0'],
    ['GeminiCLI-a2a-server/0.30.1/gemini-3-pro (linux; x64; vscode)', 'gemini-cli/0.30.1'],
    ['GitHubCopilotChat/0.26.7', 'copilot/0.26.7'],
    ['copilot/0.0.363 (linux v22.15.0)', 'copilot/0.0.363'],
    ['opencode/1.18.31 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14', 'opencode/1.18.31'],
    ['RooCode/3.25.1', 'roo-code/3.25.1'],
    ['QwenCode/0.0.9 (darwin; arm64)', 'qwen-code/0.0.9'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Cursor/0.48.9 Chrome/132.0 Electron/34.3 Safari/537.36',
      'cursor/0.48.9',
    ],
  ])('knows the program of %j as %j', (agent, client) => {
    expect(clientFor(agent)).toBe(client);
  });

  it.each([
    ['OpenAI/Python 2.1.0', 'openai-python/2.1.0'],
    ['AsyncOpenAI/Python 1.98.2', 'openai-python/1.98.2'],
    ['AsyncAzureOpenAI/Python 1.44.9', 'openai-python/1.44.9'],
    ['OpenAI/JS 6.49.0', 'openai-js/6.49.0'],
    ['OpenAI::Client/Ruby 0.36.7', 'openai-ruby/0.36.7'],
    ['OpenAIClientImpl/Java 1.2.0', 'openai-java/1.2.0'],
    ['OpenAIClientAsyncImpl/Java 1.2.0', 'openai-java/1.2.0'],
    ['OpenAI/Go 2.6.4', 'openai-go/2.6.4'],
    ['Anthropic/JS 0.65.0', 'anthropic-js/0.65.0'],
    ['AsyncAnthropicBedrock/Python 0.68.0', 'anthropic-python/0.68.0'],
    ['AnthropicVertex/JS 0.14.0', 'anthropic-js/0.14.0'],
    ['Together/JS 0.12.8', 'together-js/0.12.8'],
    ['Agents/Python 0.2.0', 'openai-agents-python/0.2.0'],
    ['Agents/JavaScript 0.1.0', 'openai-agents-js/0.1.0'],
    ['google-genai-sdk/2.32.0 gl-node/v20.20.2', 'google-genai-sdk/2.32.0'],
    ['ai-sdk/openai/2.0.1 runtime/node.js/20', 'ai-sdk/openai/2.0.1'],
    ['ai/5.0.11 ai-sdk/provider-utils/3.0.3 runtime/node.js/v22.1.0', 'ai-sdk/5.0.11'],
    ['litellm/1.74.3', 'litellm/1.74.3'],
    ['Fantasy-Agent/0.9.2 (https://example.com/), google-genai-sdk/1.41.0 gl-go/go1.24.0', 'Fantasy-Agent/0.9.2'],
    ['dashscope/1.24.4; python/3.12.1; platform/macOS-14.2', 'dashscope/1.24.4'],
    ['ollama-python/0.3.1 (arm64 darwin) Python/3.10.2', 'ollama-python/0.3.1'],
    ['Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux', 'boto3/1.34.0'],
    ['aws-sdk-js/3.431.0 ua/2.0 os/linux#6.1 lang/js', 'aws-sdk-js/3.431.0'],
    ['curl/8.14.1', 'curl/8.14.1'],
    ['python-httpx/0.26.0', 'python-httpx/0.26.0'],
    ['python-requests/2.32.3', 'python-requests/2.32.3'],
    ['Python/3.12 aiohttp/3.9.1', 'aiohttp/3.9.1'],
    ['Go-http-client/1.1', 'go-http-client/1.1'],
    ['okhttp/4.12.0', 'okhttp/4.12.0'],
    ['Java-http-client/21.0.2', 'java-http-client/21.0.2'],
    ['Faraday v2.13.1', 'faraday/2.13.1'],
    ['@acme/vectors v6.0.2; lang=typescript; node v20.1.0', '@acme/vectors/6.0.2'],
    ['MyApp/1.2 (internal)', 'MyApp/1.2'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Notes/4.3 Chrome/132.0 Electron/34.3',
      'Notes/4.3',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      'Chrome/141.0.0.0',
    ],
    ['node', 'node'],
    ['Ruby', 'Ruby'],
  ])('reads the SDK or library of %j as %j', (agent, client) => {
    expect(clientFor(agent)).toBe(client);
  });

  it.each<[string, string, Record<string, string>, string | null]>([
    ['the originator of Codex', 'reqwest/0.12', { originator: 'codex_cli_rs', version: '0.60.0' }, 'codex/0.60.0'],
    ['an originator without a version', '', { Originator: 'codex_exec' }, 'codex'],
    ['another originator', 'x/1', { originator: 'pi' }, 'x/1'],
    ['Cursor', 'connect-es/1.6.1', { 'x-cursor-client-version': '2.1.17' }, 'cursor/2.1.17'],
    ['the CLI of Cursor', 'connect-es/1.6.1', { 'X-Cursor-Client-Version': 'cli-2025.09.18' }, 'cursor/2025.09.18'],
    [
      'Copilot',
      'electron-fetch',
      { 'Copilot-Integration-Id': 'vscode-chat', 'Editor-Plugin-Version': 'copilot-chat/0.26.7' },
      'copilot/0.26.7',
    ],
    [
      'a program that speaks to Copilot',
      'opencode/1.0.5',
      { 'copilot-integration-id': 'vscode-chat' },
      'opencode/1.0.5',
    ],
    ['the title that gateways ask for', 'OpenAI/Python 1.98.2', { 'X-Title': 'Aider' }, 'aider'],
    ['a title that is nobody known', 'OpenAI/Python 1.98.2', { 'X-Title': 'My app' }, 'openai-python/1.98.2'],
    [
      'LangChain',
      'python-httpx/0.27.1',
      { 'x-client-name': 'langchain:partner', 'x-fern-sdk-name': 'cohere' },
      'langchain',
    ],
    [
      'an SDK made by Fern',
      'python-httpx/0.26.1',
      { 'x-fern-sdk-name': 'cohere', 'x-fern-sdk-version': '5.9.1', 'x-fern-language': 'Python' },
      'cohere-python/5.9.1',
    ],
    [
      'Stainless below a name without a version',
      '',
      { 'x-stainless-lang': 'python', 'x-stainless-package-version': '2.1.0' },
      'stainless-python/2.1.0',
    ],
    ['nothing', '', {}, null],
    ['a user agent that is no text', '\u0007\u001b[31m', {}, null],
  ])('recognises %s', (_, agent, more, client) => {
    expect(clientFor(agent, more)).toBe(client);
  });

  it('knows nothing without headers', () => {
    expect(clientOf([])).toBeNull();
  });

  it('takes linear time on a hostile user agent', async () => {
    await expectLinearTime((times) => {
      const agent = '((a/1 '.repeat(times);
      return () => clientFor(agent);
    }, 40_000);
  });
});
