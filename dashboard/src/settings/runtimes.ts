/** How each kind of program is pointed at the proxy of this daemon. Words and one block to copy. */

/** `proxy_url`, `ca_file`, `bundle_file` of `GET /api/setup`. */
export interface Places {
  proxyUrl: string;
  caFile: string;
  bundleFile: string;
}

export interface Card {
  id: string;
  name: string;
  text: string;
  block: string;
  /** Of `runtime` in the clients that were seen; empty = any client at all. */
  runtimes: readonly string[];
}

export function cardsOf(places: Places): Card[] {
  return [...COMMANDS, ...byVariables(places), ...OTHERS];
}

/** The easiest first: llm-proxy sets everything itself. */
const COMMANDS: readonly Card[] = [
  {
    id: 'any',
    name: 'Any program',
    text: 'Starts it with every variable that its runtime reads. At its end: its calls, tokens and cost.',
    block: 'llm-proxy run -- your-program --its --flags',
    runtimes: [],
  },
  {
    id: 'shell',
    name: 'This shell',
    text: 'All that is started from here on. To put back what was there before: llm-proxy env --unset.',
    block: 'eval "$(llm-proxy env)"',
    runtimes: [],
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    text: 'Sessions, sub-agents and tools are recognised. Nothing of its settings is changed.',
    block: 'llm-proxy run -- claude',
    runtimes: ['claude-code'],
  },
  {
    id: 'codex',
    name: 'Codex',
    text: 'With an API key, and with a ChatGPT account.',
    block: 'llm-proxy run -- codex',
    runtimes: ['codex'],
  },
];

function byVariables({ proxyUrl, caFile, bundleFile }: Places): Card[] {
  const proxy = `HTTPS_PROXY=${quoted(proxyUrl)}`;
  const ca = quoted(caFile);
  const bundle = quoted(bundleFile);
  return [
    {
      id: 'node',
      name: 'Node',
      text: 'Node 22.21+ and 24.5+. For older ones, and SDKs with an agent of their own, use llm-proxy run: it adds a preload.',
      block: `export ${proxy}\nexport NODE_USE_ENV_PROXY=1\nexport NODE_EXTRA_CA_CERTS=${ca}`,
      runtimes: ['node', 'gemini-cli'],
    },
    {
      id: 'python',
      name: 'Python',
      text: 'openai, anthropic, httpx, requests. aiohttp also needs ClientSession(trust_env=True), or llm-proxy run.',
      block: `export ${proxy}\nexport SSL_CERT_FILE=${bundle}\nexport REQUESTS_CA_BUNDLE=${bundle}`,
      runtimes: ['python'],
    },
    {
      id: 'curl',
      name: 'curl',
      text: 'A first call to see that all is well.',
      block: `curl --proxy ${quoted(proxyUrl)} --cacert ${ca} \\\n  https://api.openai.com/v1/models -H "Authorization: Bearer $OPENAI_API_KEY"`,
      runtimes: ['curl'],
    },
    {
      id: 'go',
      name: 'Go, Rust, Ruby, .NET',
      text: 'On Linux they read SSL_CERT_FILE; on macOS and Windows they trust what the system trusts (see below).',
      block: `export ${proxy}\nexport SSL_CERT_FILE=${bundle}`,
      runtimes: ['go', 'rust', 'ruby', 'dotnet', 'php'],
    },
    {
      id: 'base-url',
      name: 'Base URL instead',
      text: 'For programs that can use neither a proxy nor a certificate: no TLS to the proxy, the same records.',
      block: `export ANTHROPIC_BASE_URL=${quoted(`${proxyUrl}/anthropic`)}\nexport OPENAI_BASE_URL=${quoted(`${proxyUrl}/openai/v1`)}\nexport GOOGLE_GEMINI_BASE_URL=${quoted(`${proxyUrl}/google`)}`,
      runtimes: [],
    },
  ];
}

const OTHERS: readonly Card[] = [
  {
    id: 'java',
    name: 'Java',
    text: 'It reads neither proxy variables nor PEM files: run makes a trust store and sets JAVA_TOOL_OPTIONS.',
    block: 'llm-proxy run -- java -jar app.jar',
    runtimes: ['java'],
  },
  {
    id: 'docker',
    name: 'Docker compose',
    text: 'The proxy as a service beside yours; they share the public certificate in a volume. See docs/containers.md.',
    block: 'docker compose -f llm-services-compose.yml up -d --build',
    runtimes: [],
  },
  {
    id: 'system',
    name: 'Browser and system',
    text: 'Adds the certificate to the trust store of this system, for programs that read nothing else. Asks before it does.',
    block: 'llm-proxy ca install',
    runtimes: [],
  },
];

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
