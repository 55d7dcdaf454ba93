/** How each shell sets and removes a variable; values may hold anything but NUL. */
export const SHELLS = ['bash', 'zsh', 'sh', 'fish', 'powershell', 'cmd'] as const;
export type Shell = (typeof SHELLS)[number];

/** From `$SHELL`'s last part; PowerShell and cmd set no SHELL. */
export function detectShell(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): Shell {
  const name =
    (env['SHELL'] ?? '')
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.exe$/, '') ?? '';
  const known = SHELLS.find((shell) => shell === name);
  if (known !== undefined) return known;
  if (name === 'pwsh') return 'powershell';
  if (name === '' && platform === 'win32') return env['PSModulePath'] === undefined ? 'cmd' : 'powershell';
  return 'bash';
}

export function setLine(shell: Shell, name: string, value: string): string {
  switch (shell) {
    case 'bash':
    case 'zsh':
    case 'sh':
      return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`;
    case 'fish':
      return `set -gx ${name} '${value.replace(/[\\']/g, String.raw`\$&`)}'`;
    case 'powershell':
      // PowerShell takes the typographic quotes for quotes too, and a doubled one for itself.
      return `$Env:${name} = '${value.replace(/['\u2018\u2019\u201A\u201B]/g, '$&$&')}'`;
    case 'cmd':
      // Carets rather than quotes: a quote inside the value would end quoting. A line break cannot be written at all.
      return `set ${name}=${value.replace(/[\r\n]+/g, ' ').replace(/[\^&|<>()"]/g, '^$&')}`;
  }
}

export function unsetLine(shell: Shell, name: string): string {
  switch (shell) {
    case 'bash':
    case 'zsh':
    case 'sh':
      return `unset ${name}`;
    case 'fish':
      return `set -e ${name}`;
    case 'powershell':
      return `Remove-Item Env:${name} -ErrorAction SilentlyContinue`;
    case 'cmd':
      return `set "${name}="`;
  }
}

/** The line that a person types to take `env` over. */
export function usageHint(shell: Shell): string {
  switch (shell) {
    case 'bash':
    case 'zsh':
    case 'sh':
      return 'eval "$(llm-proxy env)"';
    case 'fish':
      return 'llm-proxy env | source';
    case 'powershell':
      return 'llm-proxy env | Out-String | Invoke-Expression';
    case 'cmd':
      return `for /f "delims=" %i in ('llm-proxy env') do @%i`;
  }
}
