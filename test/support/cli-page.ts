import { COMMANDS, createParser } from '../../src/cli/parser.ts';

const COMPARE = ['compare report'];
const PRICES = [
  'prices update',
  'prices reprice',
  'prices override',
  'prices override list',
  'prices override add',
  'prices override remove',
];
const CA = ['ca show', 'ca export', 'ca install', 'ca add', 'ca rotate'];

const HEAD = `# Command line

\`npm start\` prints the line with which \`llm-proxy\` runs from any folder of this machine: \`node <clone>/dist/cli.js\`. Below it is written \`llm-proxy\`. Bare \`llm-proxy --port N\` is \`start\`; \`llm-proxy --status\` is \`status\`, \`--env\` is \`env --base-url\`, \`--explore [--explore-port N]\` is \`dashboard [--port N]\`.

**Which daemon.** Each command looks at \`--home\` if given, else at the daemon of \`LLM_PROXY_HOME\` if one runs there, else at the one of those that run that was started last (\`$XDG_STATE_HOME/llm-proxy/daemon\`), from whatever folder. When none runs, \`stats\`, \`compare\`, \`calls\`, \`search\`, \`sessions\`, \`show\`, \`export\`, \`import\`, \`prices reprice\`, \`prune\`, \`purge\`, \`pin\` and \`ca\` use the files of the home (\`--home\`, else \`LLM_PROXY_HOME\`, else \`~/.llm-proxy\`), also those that \`--db\`, \`--log-dir\`, \`--certs-dir\` or \`--config\` of the last \`start\` put elsewhere (\`<home>/run/last-start.json\`); \`run\` starts one, \`dashboard\` serves them read-only. What changes the store does nothing while a daemon runs that does not answer.

**Exit codes**

| code | |
|---|---|
| 0 | done |
| 1 | failed: busy port, unusable CA or database, no answer; \`doctor\`: something must be fixed; \`import\`: nothing could be read |
| 2 | the command line or the configuration is wrong; not in this version |
| 3 | \`status\`, \`stop\`, \`mode\`: no daemon runs |
| 4 | \`show\`, \`sessions\`, \`pin\`: no such call or session, or several begin so |
| of the program | \`run\`: as the program itself; 128 + N after signal N |

Whatever fails says so in one line on standard error, \`llm-proxy: what (where)\`. \`--json\` is for programs: unknown is \`null\`, never 0. In the tables \`?\` is an unknown count or cost, \`~\` an inexact one, \`unpriced\` an unknown price.

**Signals.** SIGTERM, SIGINT, SIGHUP and \`stop\` close the listeners, let live calls end for up to 30 s, write what is known and leave with 0. A second signal ends the calls now.
`;

const TAIL = `
This page is made by test/support/cli-page.ts from the \`--help\` of each command.
`;

/** docs/cli.md. */
export async function cliPage(): Promise<string> {
  const sections: string[] = [];
  for (const command of [...COMMANDS, ...COMPARE, ...PRICES, ...CA]) {
    sections.push(`## ${command}\n\n\`\`\`\n${await helpOf(command.split(' '))}\n\`\`\`\n`);
  }
  return [HEAD, ...sections].join('\n') + TAIL;
}

/** @param words none = the help of the whole. @param columns of the terminal */
export async function helpOf(words: readonly string[], columns?: number): Promise<string> {
  const lines: string[] = [];
  const argv = [...words, '--help'];
  const parser = createParser(argv, '0.0.0', () => {}, columns);
  await parser.parseAsync(argv, (_error: unknown, _args: unknown, output: string) => {
    lines.push(output);
  });
  return lines.join('\n').trimEnd();
}
