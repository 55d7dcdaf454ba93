/** The official SDKs of docs/base-urls.md, and how each is told where to call. */

export interface BaseUrlSdk {
  /** Of the provider; the name in the programs too. */
  provider: 'openai' | 'anthropic' | 'google' | 'groq' | 'cohere' | 'mistral' | 'ollama';
  language: 'TypeScript' | 'Python';
  package: string;
  /** Environment variable that it reads; null = it reads none. */
  variable: string | null;
  /** Behind the origin of the proxy port. */
  path: string;
  /** How it is told in code, where it reads no variable. */
  code: string | null;
  /** Of its key. */
  key: string;
}

function sdk(
  provider: BaseUrlSdk['provider'],
  language: BaseUrlSdk['language'],
  name: string,
  told: { variable: string } | { code: string },
  path: string,
  key: string,
): BaseUrlSdk {
  return { provider, language, package: name, variable: null, code: null, ...told, path, key };
}

export const BASE_URL_SDKS: readonly BaseUrlSdk[] = [
  sdk('openai', 'TypeScript', 'openai', { variable: 'OPENAI_BASE_URL' }, '/openai/v1', 'OPENAI_API_KEY'),
  sdk('openai', 'Python', 'openai', { variable: 'OPENAI_BASE_URL' }, '/openai/v1', 'OPENAI_API_KEY'),
  sdk(
    'anthropic',
    'TypeScript',
    '@anthropic-ai/sdk',
    { variable: 'ANTHROPIC_BASE_URL' },
    '/anthropic',
    'ANTHROPIC_API_KEY',
  ),
  sdk('anthropic', 'Python', 'anthropic', { variable: 'ANTHROPIC_BASE_URL' }, '/anthropic', 'ANTHROPIC_API_KEY'),
  sdk('google', 'TypeScript', '@google/genai', { variable: 'GOOGLE_GEMINI_BASE_URL' }, '/google', 'GEMINI_API_KEY'),
  sdk('google', 'Python', 'google-genai', { variable: 'GOOGLE_GEMINI_BASE_URL' }, '/google', 'GEMINI_API_KEY'),
  sdk('groq', 'TypeScript', 'groq-sdk', { variable: 'GROQ_BASE_URL' }, '/groq', 'GROQ_API_KEY'),
  sdk('groq', 'Python', 'groq', { variable: 'GROQ_BASE_URL' }, '/groq', 'GROQ_API_KEY'),
  sdk('cohere', 'TypeScript', 'cohere-ai', { code: 'new CohereClientV2({ baseUrl })' }, '/cohere', 'CO_API_KEY'),
  sdk('cohere', 'Python', 'cohere', { variable: 'CO_API_URL' }, '/cohere', 'CO_API_KEY'),
  sdk(
    'mistral',
    'TypeScript',
    '@mistralai/mistralai',
    { code: 'new Mistral({ serverURL })' },
    '/mistral',
    'MISTRAL_API_KEY',
  ),
  sdk('mistral', 'Python', 'mistralai', { code: 'Mistral(server_url=…)' }, '/mistral', 'MISTRAL_API_KEY'),
  sdk('ollama', 'TypeScript', 'ollama', { code: 'new Ollama({ host })' }, '/ollama', 'OLLAMA_API_KEY'),
  sdk('ollama', 'Python', 'ollama', { variable: 'OLLAMA_HOST' }, '/ollama', 'OLLAMA_API_KEY'),
];

/** Rows of docs/base-urls.md. */
export function sdkRows(): string[] {
  return BASE_URL_SDKS.map(({ language, package: name, variable, code, path }) => {
    const told = variable === null ? `none: \`${code}\`` : `\`${variable}\``;
    return `| \`${name}\` (${language}) | ${told} | \`http://127.0.0.1:8080${path}\` |`;
  });
}
