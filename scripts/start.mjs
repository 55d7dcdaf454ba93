// `npm start`: the daemon with this clone as its home.
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const cli = join(root, 'dist', 'cli.js');
const shown = /^[\w./-]+$/.test(cli) ? cli : JSON.stringify(cli);
process.stderr.write(
  `llm-proxy: from any other folder: node ${shown} run -- <your program>   (or stats, calls, tail, doctor, --help)\n`,
);
process.argv = [process.argv[0], cli, 'start', '--home', root, ...process.argv.slice(2)];
await import(cli);
