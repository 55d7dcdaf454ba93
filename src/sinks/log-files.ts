import fs from 'node:fs';
import { join } from 'node:path';
import type { Capture } from '../core/capture.ts';
import { codeOf } from '../core/errors.ts';
import type { Sink } from '../core/sink.ts';
import { makeFolder } from '../core/make-folder.ts';
import { Batch } from './batch.ts';
import { localDay, localTime } from './figures.ts';
import { LogFile, type LogFileSystem } from './log-file.ts';
import { type LogPage, LogPages } from './log-pages.ts';
import type { LogLocations } from './log-locations.ts';
import { closeTornTails, removeOld } from './log-retention.ts';
import { formatSection, type LogBodies } from './log-section.ts';
import { Losses, reasonOf, type SinkDeps } from './losses.ts';

export interface LogFilesOptions {
  folder: string;
  bodies?: LogBodies;
  /** A file is closed at this size and at local midnight. */
  maxFileBytes?: number;
  /** Closed files are deleted, oldest first, above this sum and after so many days. */
  maxTotalBytes?: number;
  maxDays?: number;
  /** Tests only. */
  fileSystem?: LogFileSystem;
}

export const LOG_DEFAULTS = {
  bodies: 'full',
  maxFileBytes: 64 * 1024 * 1024,
  maxTotalBytes: 1024 * 1024 * 1024,
  maxDays: 30,
} as const satisfies Partial<LogFilesOptions>;

const QUEUE = { maxItems: 20_000, maxBytes: 64 * 1024 * 1024, delayMs: 50, full: 100, retryMs: 1000 };
/** How often a file is looked at whether it is still there, and how soon a failed one is tried again. */
const CHECK_MS = 1000;
const RETENTION_MS = 10 * 60_000;
const MAX_CLASHES = 10_000;
/** Open files; providers beyond share one. */
const MAX_CHANNELS = 64;

/** A file with what is queued for it. */
interface Output {
  readonly file: LogFile;
  readonly day: string;
  /** Where the next section is put. */
  page: LogPage | null;
  /** Where the next section begins, once all that is queued is written. */
  position: number;
  queued: number;
  /** Counts failures: what was queued before one has a wrong position, and goes down with it. */
  epoch: number;
  retired: boolean;
}

/** One provider. Files come and go under it. */
interface Channel {
  readonly name: string;
  output: Output | null;
  /** `clock.now()` of the next look at the file, and before which a broken one is not tried. */
  checkAt: number;
  brokenUntil: number;
  brokenBy: string;
}

interface Section {
  channel: Channel;
  output: Output;
  epoch: number;
  page: LogPage;
  /** Bytes in the page. */
  at: number;
  length: number;
}

/** `logs/<provider>-YYYY-MM-DD_HH-MM-SS.log`: what people tail. */
export function createLogFilesSink(options: LogFilesOptions, locations: LogLocations | null, deps: SinkDeps): Sink {
  return new LogFiles(options, locations, deps);
}

class LogFiles implements Sink {
  readonly name = 'log_files';
  readonly #options: LogFilesOptions & typeof LOG_DEFAULTS;
  readonly #fs: LogFileSystem;
  readonly #locations: LogLocations | null;
  readonly #clock: SinkDeps['clock'];
  readonly #age: SinkDeps['age'];
  readonly #losses: Losses;
  readonly #channels = new Map<string, Channel>();
  readonly #batch: Batch<Section>;
  readonly #pages = new LogPages();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LogFilesOptions, locations: LogLocations | null, deps: SinkDeps) {
    this.#options = { ...LOG_DEFAULTS, ...options } as LogFilesOptions & typeof LOG_DEFAULTS;
    this.#fs = options.fileSystem ?? fs;
    this.#locations = locations;
    this.#clock = deps.clock;
    this.#age = deps.age;
    this.#age?.onSure(() => {
      if (this.#timer !== null) this.#removeOld();
    });
    this.#losses = new Losses(this.name, deps);
    this.#batch = new Batch<Section>({
      ...QUEUE,
      write: (sections) => this.#write(sections),
      onDropped: (reason, count) => this.#losses.add(reason, count),
    });
  }

  get trouble(): string | null {
    const now = this.#clock.now();
    const broken = [...this.#channels.values()].find(({ brokenUntil }) => now < brokenUntil);
    return broken === undefined ? null : `${broken.name}: ${broken.brokenBy}`;
  }

  open(): void {
    makeFolder(this.#options.folder, 0o700);
    closeTornTails(this.#options.folder);
    this.#removeOld();
    this.#timer = setInterval(() => this.#removeOld(), RETENTION_MS);
    this.#timer.unref();
  }

  write(capture: Capture): void {
    const { id, provider } = capture.record;
    const channel = this.#channelOf(provider);
    const output = this.#outputOf(channel);
    if (output === null) {
      this.#losses.add(channel.brokenBy, 1);
      return;
    }
    const parts = formatSection(capture, this.#options.bodies);
    const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    const page = this.#pages.withRoom(output.page, length);
    const at = page.used;
    // Before it is queued: the section that fills a batch is on its way to the disk when `add` returns.
    page.append(parts);
    if (!this.#batch.add({ channel, output, epoch: output.epoch, page, at, length }, length)) {
      page.takeBack(at);
      return;
    }
    output.page = page;
    this.#locations?.set(id, { file: output.file.path, offset: output.position, length });
    output.position += length;
    output.queued += 1;
  }

  flush(): Promise<void> {
    return this.#batch.flush();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#batch.close();
    for (const { output } of this.#channels.values()) output?.file.close();
    this.#channels.clear();
  }

  #channelOf(provider: string): Channel {
    const own = provider
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 60);
    const name = own === '' || (this.#channels.size >= MAX_CHANNELS && !this.#channels.has(own)) ? 'other' : own;
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel: Channel = { name, output: null, checkAt: 0, brokenUntil: 0, brokenBy: 'io_error' };
    this.#channels.set(name, channel);
    return channel;
  }

  /** The file to write to now; `null` while none can be had. */
  #outputOf(channel: Channel): Output | null {
    const now = this.#clock.now();
    if (now < channel.brokenUntil) return null;
    const { output } = channel;
    if (output !== null && now < channel.checkAt && output.position < this.#options.maxFileBytes) return output;
    channel.checkAt = now + CHECK_MS;
    if (output !== null && this.#isUsable(output)) return output;
    if (output !== null) retire(output);
    try {
      channel.output = this.#openOutput(channel.name);
    } catch (error) {
      channel.output = null;
      this.#broken(channel, error);
    }
    return channel.output;
  }

  #isUsable({ file, day, position }: Output): boolean {
    return position < this.#options.maxFileBytes && day === localDay(this.#clock.wall()) && file.isInPlace();
  }

  #openOutput(name: string): Output {
    const wall = this.#clock.wall();
    const day = localDay(wall);
    const stem = join(this.#options.folder, `${name}-${day}_${localTime(wall, '-')}`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const file = new LogFile(`${stem}${attempt === 1 ? '' : `-${attempt}`}.log`, this.#fs);
        return { file, day, page: null, position: 0, queued: 0, epoch: 0, retired: false };
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && attempt === 1) makeFolder(this.#options.folder, 0o700);
        else if (codeOf(error) !== 'EEXIST' || attempt >= MAX_CLASHES) throw error;
      }
    }
  }

  async #write(sections: readonly Section[]): Promise<void> {
    for (const [output, group] of byOutput(sections)) {
      await this.#append(output, group);
      output.queued -= group.length;
      for (const { page } of group) this.#pages.release(page);
      if (output.page?.queued === 0) output.page = null;
      if (output.retired && output.queued === 0) output.file.close();
    }
  }

  async #append(output: Output, sections: readonly Section[]): Promise<void> {
    const valid = sections.filter(({ epoch }) => epoch === output.epoch);
    const channel = sections[0]?.channel;
    if (channel === undefined) return;
    this.#losses.add(channel.brokenBy, sections.length - valid.length);
    if (valid.length === 0) return;
    try {
      await output.file.append(runsOf(valid));
    } catch (error) {
      output.epoch += 1;
      output.position = output.file.written;
      this.#broken(channel, error);
      this.#losses.add(channel.brokenBy, valid.length, error);
    }
  }

  #broken(channel: Channel, error: unknown): void {
    channel.brokenUntil = this.#clock.now() + CHECK_MS;
    channel.checkAt = 0;
    channel.brokenBy = reasonOf(error);
  }

  #removeOld(): void {
    const { folder, maxTotalBytes, maxDays } = this.#options;
    const inUse = new Set(
      [...this.#channels.values()].flatMap(({ output }) => (output === null ? [] : [output.file.path])),
    );
    const wall = this.#age === undefined ? this.#clock.wall() : this.#age.wall();
    removeOld(folder, inUse, { maxBytes: maxTotalBytes, maxDays, wall });
  }
}

function byOutput(sections: readonly Section[]): Map<Output, Section[]> {
  const groups = new Map<Output, Section[]>();
  for (const section of sections) {
    const group = groups.get(section.output);
    if (group === undefined) groups.set(section.output, [section]);
    else group.push(section);
  }
  return groups;
}

/**
 * What stands together in a page, as one piece. All pieces of a batch are one write: with a write for each page, a
 * recorder at full load came by only one page a turn of its loop, and lost most of its sections.
 */
function runsOf(sections: readonly Section[]): Uint8Array[] {
  const runs: Uint8Array[] = [];
  let first: Section | undefined;
  let end = 0;
  for (const section of sections) {
    if (first !== undefined && (section.page !== first.page || section.at !== end)) {
      runs.push(first.page.bytes(first.at, end));
      first = undefined;
    }
    first ??= section;
    end = section.at + section.length;
  }
  if (first !== undefined) runs.push(first.page.bytes(first.at, end));
  return runs;
}

/** Closed when the last section that is queued for it is written. */
function retire(output: Output): void {
  output.retired = true;
  if (output.queued === 0) output.file.close();
}
