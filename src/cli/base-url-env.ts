/** Variables that point an SDK at the proxy port itself, instead of proxy and CA variables. Pure. */
import type { ClientVariable } from './client-env.ts';

/** What each SDK puts behind its base URL differs; the proxy port takes them with `/v1` and without. */
const BASE_URLS: readonly (readonly [name: string, path: string, readers: string])[] = [
  ['ANTHROPIC_BASE_URL', '/anthropic', 'Anthropic SDKs, Claude Code'],
  ['OPENAI_BASE_URL', '/openai/v1', 'OpenAI SDKs, Codex'],
  ['OPENAI_API_BASE', '/openai/v1', 'LangChain, LiteLLM, older OpenAI SDKs'],
  ['GOOGLE_GEMINI_BASE_URL', '/google', 'Google GenAI SDKs, Gemini CLI'],
  ['GROQ_BASE_URL', '/groq', 'Groq SDKs'],
  ['CO_API_URL', '/cohere', 'Cohere SDK for Python'],
  ['OLLAMA_HOST', '/ollama', 'Ollama libraries for Python and JavaScript'],
];

export function baseUrlVariables(proxyUrl: string): ClientVariable[] {
  const origin = proxyUrl.replace(/\/+$/, '');
  return BASE_URLS.map(([name, path, readers]) => ({ name, value: origin + path, kind: 'base-url', readers }));
}
