/** Which program makes a call: `name/version`. Known programs have one name, however they write themselves. */
import { headerValue, type HeaderPairs } from '../core/headers.ts';

/**
 * Programs by the product of their user agent, lower case. They win over the SDK below them. Read in their sources and in
 * their traffic; docs/clients.md has the list for people.
 */
const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['claude-cli', 'claude-code'],
  ['claude-code', 'claude-code'],
  ['geminicli', 'gemini-cli'],
  ['gemini-cli', 'gemini-cli'],
  ['githubcopilotchat', 'copilot'],
  ['githubcopilot', 'copilot'],
  ['copilot', 'copilot'],
  ['cursor', 'cursor'],
  ['opencode', 'opencode'],
  ['charm-crush', 'crush'],
  ['crush', 'crush'],
  ['cline', 'cline'],
  ['roocode', 'roo-code'],
  ['roo-code', 'roo-code'],
  ['kilo-code', 'kilo-code'],
  ['kilocode', 'kilo-code'],
  ['qwencode', 'qwen-code'],
  ['qwen-code', 'qwen-code'],
  ['kimicli', 'kimi-cli'],
  ['antigravity', 'antigravity'],
  ['factory-cli', 'droid'],
  ['windsurf', 'windsurf'],
  ['openhands', 'openhands'],
  ['aider', 'aider'],
  ['goose', 'goose'],
  ['zed', 'zed'],
  // The framework, not the SDK that it sends with.
  ['ai', 'ai-sdk'],
  ['litellm', 'litellm'],
  ['pydantic-ai', 'pydantic-ai'],
  // `Python/3.12 aiohttp/3.9.1`
  ['aiohttp', 'aiohttp'],
]);

/** Libraries: only when no program is named. Others keep the name that they give themselves. */
const LIBRARIES: ReadonlyMap<string, string> = new Map([
  ['go-http-client', 'go-http-client'],
  ['java-http-client', 'java-http-client'],
  ['apache-httpclient', 'apache-httpclient'],
  ['boto3', 'boto3'],
]);

/** `X-Title`, `X-OpenRouter-Title`, `X-Client-Name`: how programs name themselves to gateways. Lower case. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ['aider', 'aider'],
  ['cline', 'cline'],
  ['roo code', 'roo-code'],
  ['kilo code', 'kilo-code'],
  ['opencode', 'opencode'],
  ['goose', 'goose'],
  ['openhands', 'openhands'],
  ['zed', 'zed'],
  ['antigravity', 'antigravity'],
  ['langchain', 'langchain'],
  ['llama_index', 'llama-index'],
  ['llamaindex', 'llama-index'],
]);

/** The SDKs made by Stainless: `OpenAI/Python 2.1.0`, `AsyncAnthropicBedrock/Python 0.68`, `OpenAI::Client/Ruby 0.35`. */
const STAINLESS = /^(?:Async)?([A-Za-z]{2,40}(?:::Client)?)\/([A-Za-z#]{1,20}) v?(\d[\w.+-]{0,30})/;
/** What a class is called for its host, or in Java, is no SDK of its own. */
const VARIANT = /^azure(?=openai)|(?:bedrock(?:mantle)?|vertex|foundry|aws)$|(?:::client|client(?:async)?impl)$/g;
const PRODUCT = /^([A-Za-z][\w.@/-]{0,60})\/v?(\d[\w.+-]{0,30})/;
/** `Faraday v2.13.1`, `@scope/name v1.2.3; …` */
const SPACED = /^(@?[A-Za-z][\w./-]{0,60}) v(\d[\w.+-]{0,30})/;
const MAX_AGENT = 512;
const MAX_LENGTH = 80;
/** What browsers, and programs built upon one, write beside their own name. */
const ENGINES = new Set(['mozilla', 'applewebkit', 'gecko', 'version', 'mobile', 'electron', 'chrome', 'safari']);

interface Product {
  name: string;
  version: string;
}

/** @returns `claude-code/2.1.3`, `openai-python/2.1.0`, `curl/8.14.1`, a bare name when no version is given; null = unknown */
export function clientOf(headers: HeaderPairs): string | null {
  const agent = (headerValue(headers, 'user-agent') ?? '').slice(0, MAX_AGENT);
  const products = productsOf(agent);
  return (
    programOf(products) ??
    byOwnHeaders(headers) ??
    stainlessOf(agent) ??
    fernOf(headers) ??
    libraryOf(agent, products) ??
    stainlessHeadersOf(headers) ??
    printable(agent.slice(0, MAX_LENGTH).split(' ', 1)[0] ?? '')
  );
}

/** The products of a user agent; what stands in brackets is about the machine. */
function productsOf(agent: string): Product[] {
  const found: Product[] = [];
  for (const word of agent.replaceAll(/\([^()]{0,400}\)/g, ' ').split(/[\s,;]+/)) {
    const [, name, version] = PRODUCT.exec(word) ?? [];
    if (name !== undefined && version !== undefined) found.push({ name, version });
  }
  return found;
}

function programOf(products: readonly Product[]): string | null {
  for (const { name, version } of products) {
    const program = programNamed(name.toLowerCase());
    if (program !== null) return `${program}/${version}`;
  }
  return null;
}

/** Also the parts of a program that has several: `codex_exec`, `codex_vscode`, `codex-tui`, `GeminiCLI-a2a-server`. */
function programNamed(name: string): string | null {
  const known = PROGRAMS.get(name);
  if (known !== undefined) return known;
  if (/^codex(?:$|[_-])/.test(name)) return 'codex';
  return name.startsWith('geminicli-') ? 'gemini-cli' : null;
}

/** Programs that hide behind the user agent of an SDK or of a library, and say who they are in headers of their own. */
function byOwnHeaders(headers: HeaderPairs): string | null {
  for (const [key, value] of headers) {
    const found = OWN_HEADERS.get(key.toLowerCase())?.(value, headers) ?? null;
    if (found !== null) return found;
  }
  return null;
}

type HeaderReader = (value: string, headers: HeaderPairs) => string | null;

/** No plain object: a header may be called `__proto__`. */
const OWN_HEADERS: ReadonlyMap<string, HeaderReader> = new Map(
  Object.entries<HeaderReader>({
    originator: (value, headers) =>
      /^codex(?:$|[_ -])/i.test(value) ? versioned('codex', headerValue(headers, 'version')) : null,
    'x-cursor-client-version': (value) => versioned('cursor', value.replace(/^cli-/, '')),
    'editor-plugin-version': (value) => (/^copilot/i.test(value) ? versioned('copilot', value.split('/')[1]) : null),
    'copilot-integration-id': (_, headers) =>
      versioned('copilot', headerValue(headers, 'editor-plugin-version')?.split('/')[1]),
    'x-title': titled,
    'x-openrouter-title': titled,
    // `langchain:partner`
    'x-client-name': (value, headers) => titled(value.split(':')[0] ?? '', headers),
  }),
);

function titled(value: string, headers: HeaderPairs): string | null {
  const name = TITLES.get(value.trim().toLowerCase());
  return name === undefined ? null : versioned(name, headerValue(headers, 'x-client-version'));
}

function versioned(name: string, version: string | null | undefined): string {
  const [text] = /^v?\d[\w.+-]{0,30}$/.exec(version?.trim() ?? '') ?? [];
  return text === undefined ? name : `${name}/${text.replace(/^v/, '')}`;
}

function stainlessOf(agent: string): string | null {
  const [, vendor, language, version] = STAINLESS.exec(agent) ?? [];
  if (vendor === undefined || language === undefined || version === undefined) return null;
  const name = vendor.toLowerCase().replaceAll(VARIANT, '');
  // The Agents SDK of OpenAI calls itself `Agents`.
  const sdk = name === 'agents' ? 'openai-agents' : name;
  return `${sdk}-${LANGUAGES.get(language.toLowerCase()) ?? language.toLowerCase()}/${version}`;
}

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['javascript', 'js'],
  ['c#', 'dotnet'],
]);

/** The SDKs made by Fern, of which some leave the user agent to their HTTP library. */
function fernOf(headers: HeaderPairs): string | null {
  const name = headerValue(headers, 'x-fern-sdk-name');
  const version = headerValue(headers, 'x-fern-sdk-version');
  if (name === null || version === null) return null;
  const language = headerValue(headers, 'x-fern-language')?.toLowerCase() ?? '';
  return printable(versioned(language === '' ? name : `${name}-${LANGUAGES.get(language) ?? language}`, version));
}

function libraryOf(agent: string, products: readonly Product[]): string | null {
  const first = products[0];
  if (first === undefined) {
    const [, name, version] = SPACED.exec(agent) ?? [];
    return name === undefined || version === undefined ? null : `${name.toLowerCase()}/${version}`;
  }
  if (!PRODUCT.test(agent)) return null;
  // A browser, or a program that was built upon one and names itself behind it.
  const own = first.name === 'Mozilla' ? products.find(({ name }) => !ENGINES.has(name.toLowerCase())) : first;
  const { name, version } = own ?? products.find((product) => product.name === 'Chrome') ?? first;
  return `${LIBRARIES.get(name.toLowerCase()) ?? name}/${version}`;
}

/** Programs that set a user agent of their own (or none) on top of such an SDK. */
function stainlessHeadersOf(headers: HeaderPairs): string | null {
  const language = headerValue(headers, 'x-stainless-lang');
  const version = headerValue(headers, 'x-stainless-package-version');
  return language === null || version === null ? null : printable(`stainless-${language}/${version}`);
}

function printable(text: string): string | null {
  const value = text.trim();
  return value === '' || value.length > MAX_LENGTH || /[^\u0020-\u007e]/.test(value) ? null : value;
}
