import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { detectShell, setLine, unsetLine } from '../../../src/cli/shell-syntax.ts';

const HOSTILE = [
  `it's`,
  'a"b',
  '$(touch /tmp/never) `id` $HOME',
  'back\\slash\\',
  'two\nlines',
  '; rm -rf x &',
  '%PATH% ^ !x!',
  "''",
  '',
];

describe('cli/shell-syntax', () => {
  it.each(HOSTILE)('gives bash exactly %j', (value) => {
    const script = `${setLine('bash', 'LLM_TEST', value)}\nprintf %s "$LLM_TEST"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(value);
  });

  it.each(HOSTILE)('gives a POSIX shell exactly %j', (value) => {
    const script = `${setLine('sh', 'LLM_TEST', value)}\nprintf %s "$LLM_TEST"`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value);
  });

  it('unsets in bash', () => {
    const script = `LLM_TEST=1\n${unsetLine('bash', 'LLM_TEST')}\nprintf %s "\${LLM_TEST-gone}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('gone');
  });

  it('escapes for fish only what fish treats inside single quotes', () => {
    expect(setLine('fish', 'A', String.raw`it's \ "x" $y`)).toBe(String.raw`set -gx A 'it\'s \\ "x" $y'`);
    expect(unsetLine('fish', 'A')).toBe('set -e A');
  });

  it('doubles every kind of single quote for PowerShell', () => {
    expect(setLine('powershell', 'A', `a'b\u2019c$d`)).toBe(`$Env:A = 'a''b\u2019\u2019c$d'`);
    expect(unsetLine('powershell', 'A')).toBe('Remove-Item Env:A -ErrorAction SilentlyContinue');
  });

  it('escapes for cmd with carets', () => {
    expect(setLine('cmd', 'A', 'x" & calc | y\nz')).toBe('set A=x^" ^& calc ^| y z');
    expect(unsetLine('cmd', 'A')).toBe('set "A="');
  });

  it.each([
    ['/usr/bin/fish', 'linux', 'fish'],
    ['/bin/zsh', 'darwin', 'zsh'],
    ['/bin/bash', 'linux', 'bash'],
    ['/bin/dash', 'linux', 'bash'],
    ['/usr/bin/pwsh', 'linux', 'powershell'],
    [undefined, 'linux', 'bash'],
    [undefined, 'win32', 'cmd'],
  ] as const)('takes SHELL=%s on %s for %s', (shell, platform, expected) => {
    expect(detectShell({ SHELL: shell }, platform)).toBe(expected);
  });

  it('takes Windows with PSModulePath for PowerShell', () => {
    expect(detectShell({ PSModulePath: 'x' }, 'win32')).toBe('powershell');
  });
});
