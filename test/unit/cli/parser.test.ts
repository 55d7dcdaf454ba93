import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { COMMANDS, createParser } from '../../../src/cli/parser.ts';
import { cliPage, helpOf } from '../../support/cli-page.ts';

async function refusal(...argv: string[]): Promise<string> {
  try {
    await createParser(argv, '0.0.0', () => {}).parseAsync();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
}

describe('cli/parser', () => {
  it.each([
    [[], 'which command? llm-proxy --help lists them'],
    [['strat'], 'unknown command strat; did you mean start?; llm-proxy --help lists them'],
    [['prnue'], 'unknown command prnue; did you mean prune?; llm-proxy --help lists them'],
    [['unpinn', 'x'], 'unknown command unpinn; did you mean unpin?; llm-proxy --help lists them'],
    [['calls', '--sine', '7d'], 'unknown option --sine; did you mean --since?; llm-proxy calls --help lists them'],
    [['stats', '--grop=day'], 'unknown option --grop; did you mean --group?; llm-proxy stats --help lists them'],
    [
      ['export', '--fromat', 'x'],
      'unknown option --fromat; did you mean --format?; llm-proxy export --help lists them',
    ],
    [['doctor', '--hoem', 'x'], 'unknown option --hoem; did you mean --home?; llm-proxy doctor --help lists them'],
    [
      ['run', '--josn', 'x', '--', 'ls'],
      'unknown option --josn; did you mean --json?; llm-proxy run --help lists them',
    ],
    [['prices', 'override', 'ad'], 'unknown command ad; llm-proxy prices override --help lists them'],
    [
      ['prices', 'override', 'rmove'],
      'unknown command rmove; did you mean remove?; llm-proxy prices override --help lists them',
    ],
    [['prices', 'override', 'add', 'x'], '--provider must be given; llm-proxy prices override add --help lists them'],
    [['compare', 'reprot'], 'unknown command reprot; did you mean report?; llm-proxy compare --help lists them'],
    [['xyzzy'], 'unknown command xyzzy; llm-proxy --help lists them'],
    [['start', '--prot', '1'], 'unknown option --prot; did you mean --port?; llm-proxy start --help lists them'],
    [['--prot=1'], 'unknown option --prot; did you mean --port?; llm-proxy --help lists them'],
    [['calls', '-x'], 'unknown option -x; llm-proxy calls --help lists them'],
    [['start', 'now'], 'start takes no now; llm-proxy start --help lists them'],
    [['start', '--port'], '--port needs a value'],
    [['start', '--port', '1', '--port', '2'], '--port is given twice'],
    [['calls', '--session', 'a', '--session', 'b'], '--session is given twice'],
    [['export', '-q', 'a', '-q', 'b'], '-q is given twice'],
    [['purge', '--call=a', '--yes', '--call=b'], '--call is given twice'],
    [['show'], 'show needs one thing more: llm-proxy show --help says what'],
    [['ca', 'add'], 'ca add needs one thing more: llm-proxy ca add --help says what'],
    [
      ['prices', 'override', 'list', '--jsno'],
      'unknown option --jsno; did you mean --json?; llm-proxy prices override list --help lists them',
    ],
    [['ca'], 'ca show, export, install, add or rotate?'],
    [['demo', '--json'], 'unknown option --json; llm-proxy demo --help lists them'],
    [['ca', 'shwo'], 'unknown command shwo; did you mean show?; llm-proxy ca --help lists them'],
    [['ca', 'export', '--format', 'x'], '--format must be one of pem, der, p12, not "x"'],
    [['run', 'python', 'agent.py'], 'put -- before the program: llm-proxy run -- CMD...'],
    [['stats', '--', 'ls'], '-- is for run and search only: llm-proxy run -- CMD...'],
    [['compare'], 'compare what? llm-proxy compare report'],
    [['start', '--mode'], '--mode needs a value'],
    [['mode', 'target', 'now'], 'mode takes no now; llm-proxy mode --help lists them'],
    [['dashboard', '--port', 'x'], '--port must be a port from 0 to 65535, not x'],
    [['--explore', '--explore-port', '70000'], '--port must be a port from 0 to 65535, not 70000'],
    [['--explore', '--explore-port=', '--no-open'], '--port must be a port from 0 to 65535, not '],
    [['--setup-shell'], '--setup-shell is not in this version'],
  ])('refuses %j with a sentence that helps', async (argv, message) => {
    expect(await refusal(...argv)).toBe(message);
  });

  it('lays its help out for the terminal that it is read in', async () => {
    for (const words of [[], ['start'], ['stats'], ['search'], ['prices', 'override', 'add']]) {
      const widths = (await helpOf(words, 80)).split('\n').map((line) => line.length);
      expect(Math.max(...widths), words.join(' ')).toBeLessThanOrEqual(80);
      expect(await helpOf(words, 200), words.join(' ')).toBe(await helpOf(words));
    }
  });

  it('speaks English whatever the locale is, so that errors are recognised', async () => {
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
    try {
      expect(await refusal('start', '--prot', '1')).toContain('did you mean --port?');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  // Docs, and what was probably meant, go by the list; the help goes by what is there.
  it('knows every command that its help lists', async () => {
    const listed = [...(await helpOf([])).matchAll(/^ {2}llm-proxy ([a-z]+)/gm)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set<string>(COMMANDS));
  });

  // `npx vitest run test/unit/cli/parser.test.ts -u` writes it again.
  it('is what docs/cli.md says', async () => {
    await expect(await cliPage()).toMatchFileSnapshot(fileURLToPath(new URL('../../../docs/cli.md', import.meta.url)));
  });
});
