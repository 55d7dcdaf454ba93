/**
 * Settings that reach the programs under test from outside: proxies, trust, colours, languages, keys and base URLs of
 * SDKs, folders of the desktop, options of Node, and all of our own but for those that are meant for the tests.
 */
const FOREIGN = [
  /^(?:https?|all|no|ftp|ws|wss)_proxy$/i,
  /^LLM_PROXY_(?!TEST_|CASSETTES$|CLIENT_CACHE$)/,
  /^XDG_/,
  /^NODE_(?!V8_COVERAGE$|ENV$)/,
  /^(?:SSL_CERT_|CURL_|REQUESTS_CA_|PIP_|UV_|GIT_SSL_|DENO_|PYTHON(?!PATH$|HOME$))/,
  /(?:_BASE_?URL|_API_KEY|_API_BASE|_AUTH_TOKEN|_ENDPOINT)$/,
  /^(?:AWS|AZURE|BEDROCK|VERTEX|ANTHROPIC|OPENAI|GOOGLE|GEMINI|OLLAMA|CLAUDE|CODEX|HELICONE|OTEL|JAVA_TOOL)_/,
  /^(?:_JAVA_OPTIONS|JDK_JAVA_OPTIONS|BASH_ENV|ENV|WGETRC|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR.*|LANGUAGE|LC_.*)$/,
];

/** Takes out of `env` what would make a test say one thing on one machine and another on the next. */
export function withoutForeignSettings(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (FOREIGN.some((pattern) => pattern.test(name))) delete env[name];
}
