// Flags of the programs here. What they mean stands at the head of each file: --help prints that.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** @param url of the program's file. @param config of `parseArgs`. @returns the values; ends the process for --help and for what it does not know. */
export function readFlags(url, config) {
  const options = { ...config.options, help: { type: 'boolean', default: false } };
  try {
    const { values } = parseArgs({ ...config, options });
    if (!values.help) return values;
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    console.error(`${error.message}\n\n${headOf(url)}`);
    process.exit(2);
  }
  console.log(headOf(url));
  process.exit(0);
}

/** The comment that a file begins with. */
export function headOf(url) {
  const lines = readFileSync(new URL(url), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join('\n');
}
