/** `import`: by the daemon, whose totals follow at once; without one by a recorder thread of its own, the same code. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf } from '../core/errors.ts';
import type { ImportOutcome } from '../core/transfer.ts';
import type { Found } from '../interchange/reading/found.ts';
import { readCalls } from '../interchange/reading/file.ts';
import { encodeItem } from '../interchange/transfer-lines.ts';
import { escapeLine } from '../sinks/escape.ts';
import { count, counted } from './figures.ts';
import { type Importer, openImporter } from './importer.ts';
import { print, printJson } from './print.ts';
import { Progress } from './progress.ts';

export interface ImportArguments {
  home: string | null;
  json: boolean;
  paths: readonly string[];
  dryRun: boolean;
}

/** Of one question: so much is in memory at once, and so long other work of the recorder waits. */
const BATCH = { lines: 200, characters: 1024 * 1024 };
/** Problems that are told one by one. */
const TOLD = 20;

interface Report extends Omit<ImportOutcome, 'failed'> {
  files: number;
  failed: number;
  problems: { file: string; place: string; message: string }[];
}

export async function importMain({ home, json, paths, dryRun }: ImportArguments): Promise<number> {
  const files = paths.flatMap(filesIn);
  if (files.length === 0)
    throw new AppError('config_invalid', `no .jsonl, .json, .har or .log file in ${paths.join(', ')}`);
  const report: Report = { files: files.length, added: 0, existing: 0, strange: 0, failed: 0, problems: [] };
  const importer = await openImporter(home);
  const progress = new Progress();
  try {
    for (const file of files) {
      await importFile(file, new Batch(file, importer, dryRun, report), report);
      progress.show(() => `${count(report.added)} calls added`);
    }
  } finally {
    progress.clear();
    await importer.close();
  }
  if (json) printJson({ dry_run: dryRun, ...report });
  else printReport(report, dryRun);
  return report.failed > 0 && report.added + report.existing === 0 ? 1 : 0;
}

async function importFile(file: string, batch: Batch, report: Report): Promise<void> {
  try {
    for await (const found of readCalls(chunksOf(file))) await batch.add(found);
  } catch (error) {
    if (error instanceof AppError) throw error;
    // What was read before counts.
    tell(report, { file, place: 'reading', message: messageOf(error) });
  }
  await batch.send();
}

/** A reader that leaves early closes the file; a file that cannot be read fails its reader. */
function chunksOf(file: string): AsyncIterable<Uint8Array> {
  const stream = createReadStream(file);
  return /\.gz$/i.test(file) ? pipeline(stream, createGunzip(), () => {}) : stream;
}

/** Lines of one file on their way to the recorder. */
class Batch {
  readonly #file: string;
  readonly #importer: Importer;
  readonly #dryRun: boolean;
  readonly #report: Report;
  #lines: string[] = [];
  #places: string[] = [];
  #characters = 0;

  constructor(file: string, importer: Importer, dryRun: boolean, report: Report) {
    this.#file = file;
    this.#importer = importer;
    this.#dryRun = dryRun;
    this.#report = report;
  }

  async add(found: Found): Promise<void> {
    if ('problem' in found) {
      tell(this.#report, { file: this.#file, place: found.place, message: found.problem });
      return;
    }
    const line = encodeItem(found.item);
    this.#lines.push(line);
    this.#places.push(found.place);
    this.#characters += line.length;
    if (this.#lines.length >= BATCH.lines || this.#characters >= BATCH.characters) await this.send();
  }

  async send(): Promise<void> {
    if (this.#lines.length === 0) return;
    const [lines, places] = [this.#lines, this.#places];
    this.#lines = [];
    this.#places = [];
    this.#characters = 0;
    const outcome = await this.#importer.import(lines.join('\n'), this.#dryRun).catch((error: unknown) => {
      throw interrupted(error, this.#report);
    });
    for (const key of ['added', 'existing', 'strange'] as const) this.#report[key] += outcome[key];
    for (const { index, message } of outcome.failed)
      tell(this.#report, { file: this.#file, place: places[index] ?? '', message });
  }
}

/** Nobody takes calls any more: to go on would count lines as unreadable that nobody has read. */
function interrupted(cause: unknown, { added, existing }: Report): AppError {
  const sum = `${counted(added, 'call was|calls were')} added, ${count(existing)} were there already`;
  return new AppError(
    'not_running',
    `the import ended early: ${messageOf(cause)} (${sum}; the same import again adds what is missing)`,
    { cause },
  );
}

function tell(report: Report, problem: Report['problems'][number]): void {
  report.failed += 1;
  if (report.problems.length < TOLD) report.problems.push(problem);
}

const READABLE = /\.(?:jsonl|ndjson|json|har|log)(?:\.gz)?$/i;

/** A file as it is named; of a folder, and of those in it, what may hold calls. In the order of their names. */
function filesIn(path: string): string[] {
  if (!existsSync(path)) throw new AppError('config_invalid', `there is no ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && READABLE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function printReport({ files, added, existing, strange, failed, problems }: Report, dryRun: boolean): void {
  const parts = [
    `${count(added)} ${dryRun ? 'would be added' : 'added'}`,
    existing === 0 ? '' : `${count(existing)} were there already`,
    strange === 0 ? '' : `${count(strange)} to hosts that no provider names`,
    failed === 0 ? '' : `${count(failed)} could not be read`,
  ].filter((part) => part !== '');
  print(`${counted(files, 'file')}: ${parts.join(', ')}.`);
  for (const { file, place, message } of problems)
    process.stderr.write(`llm-proxy: ${escapeLine(`${file}: ${place}: ${message}`)}\n`);
  if (failed > problems.length) process.stderr.write(`llm-proxy: … and ${count(failed - problems.length)} more\n`);
}
