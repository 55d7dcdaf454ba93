import { OPTIONS, type Option, variableOf } from './options.ts';

/** docs/config.md. */
export function configPage(): string {
  const rows = (OPTIONS as readonly Option[]).map(
    (option) =>
      `| \`${option.key}\` | ${option.flag === undefined ? '' : `\`--${option.flag} ${option.value}\``} | \`${variableOf(option)}\` | ${shown(option)} | ${option.help}${choices(option)} |`,
  );
  return `# Configuration

Defaults < file < environment < flags. The file is TOML: \`--config FILE\`, else \`LLM_PROXY_CONFIG\`, else \`<home>/llm-proxy.toml\`, else \`$XDG_CONFIG_HOME/llm-proxy/config.toml\`; never one of the current folder by itself. The home is \`--home DIR\`, else \`LLM_PROXY_HOME\`, else \`~/.llm-proxy\`; \`npm start\` makes the clone the home. An unknown key is an error with file and line; an empty text is nothing where the default is none. Relative paths: in the file from the file's folder, as flags and variables from the current folder, as defaults from the home. Lists in variables are separated by commas.

| key | flag | variable | default | |
|---|---|---|---|---|
${rows.join('\n')}

\`upstream_proxy\` may hold a user and a password; they are never logged. \`local\` as a variable: \`ollama=127.0.0.1:11434,vllm=gpu.lan:8000\`. \`usage.include_usage\` changes calls: [include-usage.md](include-usage.md).

This page is made from \`src/config/options.ts\`; a test compares them.
`;
}

/** llm-proxy.toml: every default, commented out. */
export function sampleFile(): string {
  const lines = ['# llm-proxy: every option with its default. docs/config.md says where else each can be set.', ''];
  let section = '';
  for (const option of (OPTIONS as readonly Option[]).toSorted(
    (one, other) => Number(one.key.includes('.')) - Number(other.key.includes('.')),
  )) {
    if (option.kind === 'local-servers' || option.kind === 'tables') continue;
    const [group, name] = option.key.includes('.') ? option.key.split('.') : ['', option.key];
    if (group !== section) lines.push('', `[${group}]`);
    section = group ?? '';
    lines.push(
      `# ${option.help}${choices(option)}`,
      `# ${name} = ${option.default === null ? '""' : JSON.stringify(option.default)}`,
    );
  }
  lines.push(
    '',
    '# Model servers of your own, metered beside the providers.',
    '# [[local]]',
    '# provider = "ollama"',
    '# host = "127.0.0.1"',
    '# port = 11434',
    '',
    '# Providers of your own, in the shape of src/providers: docs/adding-a-provider.md.',
    '# [[provider]]',
    '# id = "acme"',
    '# title = "Acme AI"',
    '# hosts = ["api.acme.example"]',
  );
  return `${lines.join('\n')}\n`;
}

function shown(option: Option): string {
  if (option.default === null || (Array.isArray(option.default) && option.default.length === 0)) return 'none';
  return `\`${String(option.default)}\``;
}

function choices(option: Option): string {
  return option.choices === undefined ? '' : ` (${option.choices.join(', ')})`;
}
