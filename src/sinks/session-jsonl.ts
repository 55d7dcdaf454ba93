import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Capture } from '../core/capture.ts';
import { RecentMap } from '../core/recent-map.ts';
import type { Sink } from '../core/sink.ts';
import { makeFolder } from '../core/make-folder.ts';
import { Batch } from './batch.ts';
import { localDay } from './figures.ts';
import { LogFile, type LogFileSystem } from './log-file.ts';
import { LOG_DEFAULTS } from './log-files.ts';
import { Losses, reasonOf, type SinkDeps } from './losses.ts';
import {
  callEntries,
  forkLine,
  isConversation,
  sessionNameOf,
  sessionStart,
  type SessionPlace,
} from '../core/session-entries.ts';
import {
  closeTornLine,
  closeTornLines,
  fileName,
  fileStemOf,
  findSessionFile,
  folderOf,
  lastSeq,
  removeOldSessions,
} from './session-files.ts';

export interface SessionLogOptions {
  folder: string;
  /** `user@host`, for `_meta.machine`. */
  machine: string;
  /** A session goes on in a next file at this size. */
  maxFileBytes?: number;
  /** Files that are not written are deleted, oldest first, above this sum and after so many days. */
  maxTotalBytes?: number;
  maxDays?: number;
  /** Tests only. */
  fileSystem?: LogFileSystem;
  maxOpenFiles?: number;
}

const QUEUE = { maxItems: 5000, maxBytes: 64 * 1024 * 1024, delayMs: 50, full: 32, retryMs: 1000 };
/** Of what a capture holds beside its bodies, about. */
const CAPTURE_BYTES = 4000;
const MAX_OPEN_FILES = 64;
/** Sessions whose place and number are remembered; others are found again on disk. */
const MAX_SESSIONS = 2000;
/** Calls whose number is remembered, for those that part from them. */
const MAX_NUMBERS = 5000;
const MAX_OPEN_MS = 2000;
const RETENTION_MS = 10 * 60_000;

/** One session, as it was last seen. */
interface Session {
  readonly hostFolder: string;
  readonly stem: string;
  day: string;
  part: number;
  /** Of the last call. */
  seq: number;
  /** `null` while it is closed. */
  file: LogFile | null;
}

/** `<folder>/<host>/<day of the first call>/<session>.jsonl`: one file for each session, for `tail -f` and jq. */
export function createSessionJsonlSink(options: SessionLogOptions, deps: SinkDeps): Sink {
  return new SessionJsonl(options, deps);
}

class SessionJsonl implements Sink {
  readonly name = 'session_log';
  readonly #options: SessionLogOptions;
  readonly #fs: LogFileSystem;
  readonly #clock: SinkDeps['clock'];
  readonly #age: SinkDeps['age'];
  readonly #losses: Losses;
  readonly #framesOf: SinkDeps['frameTexts'];
  readonly #batch: Batch<Capture>;
  /** By host and session; the one that was written last is last. */
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Set<Session>();
  /** By the id of the call. */
  readonly #numbers = new RecentMap<number>(MAX_NUMBERS);
  #timer: NodeJS.Timeout | null = null;
  #upkeep: Promise<unknown> = Promise.resolve();

  constructor(options: SessionLogOptions, deps: SinkDeps) {
    this.#options = options;
    this.#fs = options.fileSystem ?? fs;
    this.#clock = deps.clock;
    this.#age = deps.age;
    this.#age?.onSure(() => {
      if (this.#timer !== null) this.#upkeep = this.#upkeep.then(() => this.#removeOld());
    });
    this.#losses = new Losses(this.name, deps);
    this.#framesOf = deps.frameTexts;
    this.#batch = new Batch<Capture>({
      ...QUEUE,
      write: (captures) => this.#write(captures),
      onDropped: (reason, count) => this.#losses.add(reason, count),
    });
  }

  /** What a killed process left is in order when this resolves, unless that takes very long. */
  async open(): Promise<void> {
    const { folder } = this.#options;
    makeFolder(folder, 0o700);
    const closed = closeTornLines(folder, (path) => this.#isInUse(path));
    this.#upkeep = closed.then(() => this.#removeOld());
    this.#timer = setInterval(() => {
      this.#upkeep = this.#upkeep.then(() => this.#removeOld());
    }, RETENTION_MS);
    this.#timer.unref();
    await Promise.race([closed, pause(MAX_OPEN_MS, undefined, { ref: false })]);
  }

  write(capture: Capture): void {
    if (!isConversation(capture.record)) return;
    const { request, response } = capture;
    const length = (request.body.text?.length ?? 0) + (response?.body.text?.length ?? 0);
    // The text, and its bytes in pieces.
    this.#batch.add(capture, CAPTURE_BYTES + 3 * length);
  }

  flush(): Promise<void> {
    return this.#batch.flush();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#batch.close();
    await this.#upkeep;
    for (const session of this.#open) closeFile(session);
    this.#open.clear();
    this.#sessions.clear();
  }

  async #write(captures: readonly Capture[]): Promise<void> {
    for (const capture of captures) {
      try {
        await this.#append(capture);
      } catch (error) {
        this.#losses.add(reasonOf(error), 1, error);
      }
    }
  }

  async #append(capture: Capture): Promise<void> {
    const { host } = capture.record;
    const id = sessionOf(capture);
    const session = this.#sessionOf(host, id);
    const file = this.#fileOf(session);
    const place = { session: id, machine: this.#options.machine };
    const lines = [
      file.written === 0 ? sessionStart(capture, place) : '',
      this.#forkOf(capture, place),
      ...callEntries(capture, place, session.seq + 1, this.#framesOf),
    ];
    try {
      await file.append([Buffer.from(lines.join(''))]);
      session.seq += 1;
      this.#numbers.set(capture.record.id, session.seq);
    } catch (error) {
      // Whatever is wrong with it, the next call looks for a better one.
      this.#close(session);
      throw error;
    }
  }

  #forkOf(capture: Capture, place: SessionPlace): string {
    const { agent_facts: facts, parent_session_id: parent } = capture.record;
    if (facts?.follows?.how !== 'forks') return '';
    return forkLine(capture, place, parent ?? place.session, this.#numbers.get(facts.follows.call) ?? null);
  }

  #sessionOf(host: string, id: string): Session {
    const key = `${host}\n${id}`;
    const session = this.#sessions.get(key) ?? this.#find(host, id);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetOldest();
    return session;
  }

  /** A session that is not remembered: it may have begun before a restart, and goes on where it is. */
  #find(host: string, id: string): Session {
    const hostFolder = join(this.#options.folder, folderOf(host));
    const stem = fileStemOf(id);
    const found = findSessionFile(hostFolder, stem);
    if (found === null) return { hostFolder, stem, day: localDay(this.#clock.wall()), part: 1, seq: 0, file: null };
    const path = join(hostFolder, found.day, fileName(stem, found.part));
    closeTornLine(path);
    return { hostFolder, stem, ...found, seq: lastSeq(path), file: null };
  }

  #forgetOldest(): void {
    for (const [key, session] of this.#sessions) {
      this.#close(session);
      this.#sessions.delete(key);
      return;
    }
  }

  /** The file to append to. @throws what the file system says */
  #fileOf(session: Session): LogFile {
    const { file } = session;
    const maxBytes = this.#options.maxFileBytes ?? LOG_DEFAULTS.maxFileBytes;
    if (file !== null && file.isInPlace() && file.written < maxBytes) {
      // Last in line to be closed.
      this.#open.delete(session);
      this.#open.add(session);
      return file;
    }
    this.#close(session);
    const folder = join(session.hostFolder, session.day);
    let opened = this.#openFile(folder, session);
    if (opened.written >= maxBytes) {
      opened.close();
      session.part += 1;
      opened = this.#openFile(folder, session);
    }
    session.file = opened;
    this.#open.add(session);
    if (this.#open.size > (this.#options.maxOpenFiles ?? MAX_OPEN_FILES)) this.#closeOldest();
    return opened;
  }

  #openFile(folder: string, { stem, part }: Session): LogFile {
    const path = join(folder, fileName(stem, part));
    const known = fs.lstatSync(path, { throwIfNoEntry: false });
    if (known?.isFile() === true) return new LogFile(path, this.#fs, 'continue');
    makeFolder(folder, 0o700);
    return new LogFile(path, this.#fs);
  }

  #closeOldest(): void {
    for (const session of this.#open) {
      this.#close(session);
      return;
    }
  }

  #close(session: Session): void {
    closeFile(session);
    this.#open.delete(session);
  }

  #isInUse(path: string): boolean {
    for (const { file } of this.#open) if (file?.path === path) return true;
    return false;
  }

  async #removeOld(): Promise<void> {
    const { folder, maxTotalBytes = LOG_DEFAULTS.maxTotalBytes, maxDays = LOG_DEFAULTS.maxDays } = this.#options;
    const limits = {
      maxBytes: maxTotalBytes,
      maxDays,
      wall: this.#age === undefined ? this.#clock.wall() : this.#age.wall(),
    };
    await removeOldSessions(folder, (path) => this.#isInUse(path), limits);
  }
}

function closeFile(session: Session): void {
  session.file?.close();
  session.file = null;
}

function sessionOf({ record }: Capture): string {
  return sessionNameOf(record.session_id, record.started_at, record.id);
}
