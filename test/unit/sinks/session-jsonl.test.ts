import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgeClock } from '../../../src/core/age-clock.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { Sink } from '../../../src/core/sink.ts';
import type { LogFileSystem } from '../../../src/sinks/log-file.ts';
import { createSessionJsonlSink, type SessionLogOptions } from '../../../src/sinks/session-jsonl.ts';
import { aCapture, aMessage } from '../../support/captures.ts';
import { NOON, useSinkHouse } from '../../support/sink-house.ts';

const DAY = 86_400_000;
const house = useSinkHouse();
const folder = (): string => join(house.logs, 'sessions');
const inFolder = (...parts: string[]): string => join(folder(), ...parts);
const ANTHROPIC = 'api.anthropic.com/2026-11-21';

const sessionSink = (options: Partial<SessionLogOptions> = {}): Promise<Sink> =>
  house.opened(createSessionJsonlSink({ folder: folder(), machine: 'ana@box', ...options }, house.deps()));

let calls = 0;
const aCall = (session: string | null, over: Partial<CallRecord> = {}): ReturnType<typeof aCapture> =>
  aCapture({ id: `call_${String((calls += 1)).padStart(4, '0')}`, session_id: session, ...over });

const files = (): string[] =>
  existsSync(folder())
    ? readdirSync(folder(), { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(inFolder(name)).isFile())
        .sort()
    : [];
const read = (name: string): string => readFileSync(inFolder(name), 'utf8');

interface Line {
  type: string;
  seq?: number;
  _meta: { session: string };
}

const linesOf = (name: string): Line[] => {
  const text = read(name);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
};
const shapeOf = (name: string): string[] => linesOf(name).map(({ type, seq }) => `${type} ${seq ?? ''}`.trim());

const twelveSessions = (): ReturnType<typeof aCapture>[] =>
  Array.from({ length: 12 }, (_, index) => aCall(`s${index}`));

async function writeAll(sink: Sink, ...captures: ReturnType<typeof aCapture>[]): Promise<void> {
  for (const capture of captures) sink.write(capture);
  await sink.flush();
}

describe('sinks/session-jsonl', () => {
  it('writes a session as one file below its host and the day of its first call, private', async () => {
    const sink = await sessionSink();
    await writeAll(sink, aCall('s-1'), aCall('s-1'));
    expect(files()).toEqual([`${ANTHROPIC}/s-1.jsonl`]);
    expect(shapeOf(`${ANTHROPIC}/s-1.jsonl`)).toEqual([
      'session_start',
      'request 1',
      'response 1',
      'request 2',
      'response 2',
    ]);
    expect(statSync(inFolder(ANTHROPIC, 's-1.jsonl')).mode & 0o777).toBe(0o600);
    for (const part of ['', 'api.anthropic.com', ANTHROPIC]) expect(statSync(inFolder(part)).mode & 0o777).toBe(0o700);
  });

  it('keeps interleaved sessions apart, and the same id of two hosts', async () => {
    const sink = await sessionSink({ maxOpenFiles: 2 });
    const ids = Array.from({ length: 200 }, (_, index) => `s${index % 20}`);
    await writeAll(
      sink,
      ...ids.map((id, index) => aCall(id, index % 40 < 20 ? {} : { host: 'api.openai.com', provider: 'openai' })),
    );
    expect(files()).toHaveLength(40);
    for (const name of files()) {
      const lines = linesOf(name);
      expect(new Set(lines.map(({ _meta }) => _meta.session))).toEqual(new Set([/(s\d+)\.jsonl$/.exec(name)?.[1]]));
      expect(lines.map(({ seq }) => seq)).toEqual([undefined, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }
  });

  it('says where a conversation went another way', async () => {
    const sink = await sessionSink();
    const root = aCall('s');
    const facts = { follows: { call: root.record.id, how: 'forks' } } as CallRecord['agent_facts'];
    const lost = { follows: { call: 'call_long_ago', how: 'forks' } } as CallRecord['agent_facts'];
    await writeAll(
      sink,
      aCall('s'),
      root,
      aCall('t', { parent_session_id: 's', agent_facts: facts }),
      aCall('s', { agent_facts: lost }),
    );
    const [start, fork] = linesOf(`${ANTHROPIC}/t.jsonl`);
    expect(start?.type).toBe('session_start');
    expect(fork).toEqual({
      type: 'fork',
      _meta: { ts: '2026-11-21T12:00:00.000Z', machine: 'ana@box', host: 'api.anthropic.com', session: 't' },
      from_seq: 2,
      parent_session: 's',
      reason: 'message_history_diverged',
    });
    expect(linesOf(`${ANTHROPIC}/s.jsonl`)[5]).toMatchObject({ type: 'fork', from_seq: null, parent_session: 's' });
  });

  it('gives a call without a session a file of its own', async () => {
    const sink = await sessionSink();
    await writeAll(sink, aCall(null, { id: 'call_aa' }), aCall(null, { id: 'call_bb' }));
    expect(files()).toEqual([`${ANTHROPIC}/20261121-120000-aa.jsonl`, `${ANTHROPIC}/20261121-120000-bb.jsonl`]);
  });

  it('writes nothing of calls that are no conversation', async () => {
    const sink = await sessionSink();
    await writeAll(
      sink,
      aCall('s', { operation: 'embeddings' }),
      aCall('s', { operation: 'models', inference: false }),
    );
    expect(files()).toEqual([]);
  });

  it.each([
    ['../../../etc/passwd', /^etc_passwd-[0-9a-f]{16}\.jsonl$/],
    ['..', /^session-[0-9a-f]{16}\.jsonl$/],
    ['a b/c', /^a_b_c-[0-9a-f]{16}\.jsonl$/],
    ['x'.repeat(255), /^x{60}-[0-9a-f]{16}\.jsonl$/],
    ['ü', /^session-[0-9a-f]{16}\.jsonl$/],
    ['s-1.2', /^s-1_2-[0-9a-f]{16}\.jsonl$/],
  ])('makes a safe name of the session %j and keeps the session itself in the entries', async (id, name) => {
    const sink = await sessionSink();
    await writeAll(sink, aCall(id));
    const [file = ''] = files();
    expect(file.replace(`${ANTHROPIC}/`, '')).toMatch(name);
    expect(linesOf(file)[0]?._meta.session).toBe(id);
  });

  it.each([
    ['localhost:11434', 'localhost_11434'],
    ['[::1]:8080', '_1_8080'],
    ['..', expect.stringMatching(/^session-[0-9a-f]{16}$/)],
    ['../../x', expect.stringMatching(/^x-[0-9a-f]{16}$/)],
  ])('makes a safe folder of the host %j', async (host, name) => {
    const sink = await sessionSink();
    await writeAll(sink, aCall('s', { host }));
    expect(readdirSync(folder())).toEqual([name]);
  });

  it('goes on with a session after a restart, in its file and with its numbers', async () => {
    await writeAll(await sessionSink(), aCall('s'), aCall('s'));
    await house.closeAll();
    house.now = NOON + 3 * DAY;
    await writeAll(await sessionSink(), aCall('s'), aCall('other'));
    expect(files()).toEqual([`${ANTHROPIC}/s.jsonl`, 'api.anthropic.com/2026-11-24/other.jsonl']);
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`).filter((shape) => shape !== 'session_start')).toEqual(
      [1, 1, 2, 2, 3, 3].map((seq, index) => `${index % 2 === 0 ? 'request' : 'response'} ${seq}`),
    );
    expect(read(`${ANTHROPIC}/s.jsonl`).match(/session_start/g)).toHaveLength(1);
  });

  it('keeps a session that crosses midnight in the file of its first day', async () => {
    const sink = await sessionSink();
    await writeAll(sink, aCall('s'));
    house.now = NOON + DAY;
    await writeAll(sink, aCall('s'));
    expect(files()).toEqual([`${ANTHROPIC}/s.jsonl`]);
  });

  it('goes on in a next file when one is full, also after a restart', async () => {
    const sink = await sessionSink({ maxFileBytes: 500 });
    await writeAll(sink, aCall('s'), aCall('s'));
    await house.closeAll();
    await writeAll(await sessionSink({ maxFileBytes: 500 }), aCall('s'));
    expect(files()).toEqual(['.2', '.3', ''].map((part) => `${ANTHROPIC}/s${part}.jsonl`));
    expect(shapeOf(`${ANTHROPIC}/s.3.jsonl`)).toEqual(['session_start', 'request 3', 'response 3']);
  });

  it('takes away what a kill left of a line, at once and in every file', async () => {
    await writeAll(await sessionSink(), aCall('s'), aCall('t'), aCall('whole'));
    await house.closeAll();
    for (const name of ['s', 't'])
      appendFileSync(inFolder(ANTHROPIC, `${name}.jsonl`), '{"type":"request","seq":2,"_m');
    mkdirSync(inFolder('api.anthropic.com', '2026-11-20'));
    writeFileSync(inFolder('api.anthropic.com', '2026-11-20', 'torn.jsonl'), '{"type":"sess');
    const sink = await sessionSink();
    expect(read('api.anthropic.com/2026-11-20/torn.jsonl')).toBe('');
    await writeAll(sink, aCall('s'));
    await house.closeAll();
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`)).toEqual([
      'session_start',
      'request 1',
      'response 1',
      'request 2',
      'response 2',
    ]);
    expect(shapeOf(`${ANTHROPIC}/t.jsonl`)).toEqual(['session_start', 'request 1', 'response 1']);
    expect(shapeOf(`${ANTHROPIC}/whole.jsonl`)).toEqual(['session_start', 'request 1', 'response 1']);
  });

  it('finds the last number behind a very long line', async () => {
    const long = aMessage('HTTP/1.1 200 OK', 'x'.repeat(300_000));
    await writeAll(await sessionSink(), aCall('s'), aCapture({ id: 'call_long', session_id: 's' }, { response: long }));
    await house.closeAll();
    await writeAll(await sessionSink(), aCall('s'));
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`).at(-1)).toBe('response 3');
  });

  it('finds the last number before calls that were taken out', async () => {
    await writeAll(await sessionSink(), aCall('s'), aCall('s'), aCall('s'));
    await house.closeAll();
    const path = inFolder(ANTHROPIC, 's.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const index of [3, 4, 5, 6]) lines[index] = '{"type":"purged"}'.padEnd(lines[index]?.length ?? 0);
    writeFileSync(path, lines.join('\n'));
    await writeAll(await sessionSink(), aCall('s'));
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`).slice(-2)).toEqual(['request 2', 'response 2']);
  });

  it('makes a file again that somebody deleted, and counts on', async () => {
    const sink = await sessionSink();
    await writeAll(sink, aCall('s'));
    rmSync(folder(), { recursive: true });
    await writeAll(sink, aCall('s'));
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`)).toEqual(['session_start', 'request 2', 'response 2']);
  });

  it('never writes into a link', async () => {
    mkdirSync(inFolder(ANTHROPIC), { recursive: true });
    writeFileSync(join(house.folder, 'mine'), 'mine');
    symlinkSync(join(house.folder, 'mine'), inFolder(ANTHROPIC, 's.jsonl'));
    const sink = await sessionSink();
    await writeAll(sink, aCall('s'));
    expect(readFileSync(join(house.folder, 'mine'), 'utf8')).toBe('mine');
    expect(house.dropped('session_log')).toBe(1);
  });

  it('counts what a full disk refuses, leaves no half line, and goes on when there is room', async () => {
    const limited: LogFileSystem & { full: boolean; room: number } = {
      ...fs,
      full: false,
      room: 0,
      writev: (fd, pieces, done) => {
        if (!limited.full) fs.writev(fd, pieces, done);
        else if (limited.room === 0) done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0);
        else {
          fs.write(fd, Buffer.concat(pieces).subarray(0, limited.room), done);
          limited.room = 0;
        }
      },
    };
    const sink = await sessionSink({ fileSystem: limited });
    await writeAll(sink, aCall('s'));
    limited.full = true;
    limited.room = 7;
    await writeAll(sink, aCall('s'), aCall('t'));
    expect(house.counters.get('dropped', 'reason="disk_full",sink="session_log"')).toBe(2);
    limited.full = false;
    await writeAll(sink, aCall('s'));
    expect(shapeOf(`${ANTHROPIC}/s.jsonl`)).toEqual([
      'session_start',
      'request 1',
      'response 1',
      'request 2',
      'response 2',
    ]);
  });

  it('deletes old files beyond the limits, never one that is open, and the folders that they leave empty', async () => {
    const old = (name: string, days: number): void => {
      mkdirSync(inFolder('h', '2026-10-01'), { recursive: true });
      writeFileSync(inFolder('h', '2026-10-01', name), `${'x'.repeat(999)}\n`);
      const changed = new Date(NOON - days * DAY);
      utimesSync(inFolder('h', '2026-10-01', name), changed, changed);
    };
    old('a.jsonl', 40);
    old('b.jsonl', 3);
    old('c.jsonl', 2);
    old('notes.txt', 90);
    await sessionSink({ maxTotalBytes: 0, maxDays: 0 });
    await house.closeAll();
    expect(files()).toHaveLength(4);
    await sessionSink({ maxTotalBytes: 1500, maxDays: 30 });
    await house.closeAll();
    expect(files()).toEqual(['h/2026-10-01/c.jsonl', 'h/2026-10-01/notes.txt']);
    rmSync(inFolder('h', '2026-10-01', 'notes.txt'));
    await sessionSink({ maxTotalBytes: 10 });
    await house.closeAll();
    expect(readdirSync(inFolder('h'))).toEqual([]);
  });

  it('deletes nothing for its age until the date is sure', async () => {
    const { clock, log } = house.deps();
    const age = new AgeClock({ clock, log, isSure: false });
    const path = inFolder('h', '2026-10-01', 'a.jsonl');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{}\n');
    utimesSync(path, new Date(0), new Date(0));
    const options = { folder: folder(), machine: 'ana@box', maxDays: 30 };
    const sink = await house.opened(createSessionJsonlSink(options, { ...house.deps(), age }));
    await sink.flush();
    expect(existsSync(path)).toBe(true);
    age.witness(NOON);
    await house.closeAll();
    expect(existsSync(path)).toBe(false);
  });

  it('holds no more files open than it may, and loses nothing by it', async () => {
    const open = new Set<number>();
    let most = 0;
    const counting: LogFileSystem = {
      ...fs,
      openSync: (path, flags, mode) => {
        const fd = fs.openSync(path, flags, mode);
        open.add(fd);
        most = Math.max(most, open.size);
        return fd;
      },
      closeSync: (fd) => {
        open.delete(fd);
        fs.closeSync(fd);
      },
    };
    const sink = await sessionSink({ maxOpenFiles: 3, fileSystem: counting });
    await writeAll(sink, ...twelveSessions(), ...twelveSessions());
    // One is opened before the oldest is closed.
    expect(most).toBeLessThanOrEqual(4);
    await house.closeAll();
    expect(open.size).toBe(0);
    for (const name of files()) expect(linesOf(name)).toHaveLength(5);
  });
});
