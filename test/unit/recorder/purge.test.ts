import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PurgeSlice, PurgeTarget } from '../../../src/core/ports.ts';
import type { AgentFacts } from '../../../src/core/sessions.ts';
import type { StoreLife } from '../../../src/recorder/store-life.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { getCall, loadTotals } from '../../../src/store/queries.ts';
import { anAgentStep } from '../../support/captures.ts';
import { useStoredHouse } from '../../support/stored-house.ts';

const house = useStoredHouse();
const CANARY = 'CANARY-7f3a9b';

async function purge(life: StoreLife, target: PurgeTarget): Promise<PurgeSlice> {
  let sum: PurgeSlice | null = null;
  for (let cursor: string | null = null; ;) {
    const slice: PurgeSlice = await life.purge(target, cursor);
    sum =
      sum === null
        ? slice
        : { ...slice, calls: sum.calls + slice.calls, log_sections: sum.log_sections + slice.log_sections };
    cursor = slice.next_cursor;
    if (cursor === null) return sum;
  }
}

const log = (): string => {
  const name = readdirSync(house.logs).find((file) => file.endsWith('.log')) ?? '';
  return readFileSync(join(house.logs, name), 'utf8');
};
const section = (id: string): string => {
  const found = house.ask((database) => getCall(database, id));
  if (found === null || found === 'ambiguous' || found.log === null) throw new Error(`${id} has no section`);
  return readFileSync(found.log.file)
    .subarray(found.log.offset, found.log.offset + found.log.length)
    .toString();
};

const step = (turn: number, errors: number): AgentFacts => anAgentStep({ session: 'ses_s', turn, tool_errors: errors });

describe('recorder/purge', () => {
  it('leaves nothing of a session in any file: rows, blocks, log sections, session files', async () => {
    house.write({ id: 'call_a', session_id: 'other' }, 'what others said');
    for (let turn = 0; turn < 20; turn += 1)
      house.write(
        { id: `call_${CANARY}_${turn}`, session_id: `ses-${CANARY}`, response_id: `${CANARY}${turn}` },
        `my number is ${CANARY} ${turn}`,
      );
    house.write({ id: 'call_z', session_id: 'other' }, 'and what they said later');
    await house.flush();
    expect(house.holding(CANARY).length).toBeGreaterThan(3);
    const totals = house.ask(loadTotals);
    const slice = await purge(house.life(), { kind: 'session', id: `ses-${CANARY}` });
    expect(slice).toMatchObject({ calls: 20, log_sections: 20, log_sections_missing: 0, left: [], next_cursor: null });
    expect(house.holding(CANARY)).toEqual([]);
    // The others are where they were, and the money was spent.
    expect(section('call_a')).toContain('what others said');
    expect(section('call_z')).toContain('and what they said later');
    expect(house.ask(loadTotals)).toEqual(totals);
    expect(house.count('llm_calls')).toBe(2);
    expect(house.count('traces')).toBe(1);
    expect(house.count('sessions')).toBe(1);
  });

  it('takes the sessions that a session started with it', async () => {
    house.write({ id: 'call_1', session_id: 'parent' }, 'do it');
    house.write({ id: 'call_2', session_id: 'child', parent_session_id: 'parent' }, 'sub-agent');
    house.write({ id: 'call_3', session_id: 'stranger' }, 'something else');
    await house.flush();
    house.write({ id: 'call_4', session_id: 'grandchild', parent_session_id: 'child' }, 'of the sub-agent');
    await house.flush();
    expect((await purge(house.life(), { kind: 'session', id: 'parent' })).calls).toBe(3);
    expect(house.count('llm_calls')).toBe(1);
    expect(house.count('sessions')).toBe(1);
    expect(house.count('session_tips')).toBe(1);
  });

  it('takes a session that was parted from more often than a tree is shown deep', async () => {
    for (let fork = 0; fork < 25; fork += 1)
      house.write(
        { id: `call_${fork}`, session_id: `s${fork}`, parent_session_id: fork === 0 ? null : `s${fork - 1}` },
        'again',
      );
    await house.flush();
    expect((await purge(house.life(), { kind: 'session', id: 's0' })).calls).toBe(25);
    expect(house.count('sessions')).toBe(0);
  });

  it('finds a session by its own name, too', async () => {
    house.write({ id: 'call_1', session_id: 'one' }, 'do it');
    house.write({ id: 'call_2', session_id: 'two' }, 'or not');
    await house.flush();
    expect((await purge(house.life(), { kind: 'session', id: 'ses_one' })).calls).toBe(1);
    expect(house.holding('do it')).toEqual([]);
  });

  it('describes a trace anew, in the words of a call that is left', async () => {
    const described = (): unknown =>
      house.ask((database) => database.prepare('SELECT task_description FROM traces').get())?.['task_description'];
    house.write({ id: 'call_1', task_id: 't', session_id: 'one', customer_id: CANARY }, `I am ${CANARY}`);
    house.write({ id: 'call_2', task_id: 't', session_id: 'two' }, 'I am not');
    await house.flush();
    expect(described()).toBe(`I am ${CANARY}`);
    await purge(house.life(), { kind: 'customer', id: CANARY });
    expect(described()).toBeNull();
    house.write({ id: 'call_3', task_id: 't', session_id: 'three' }, 'Look again');
    await house.flush();
    expect(described()).toBe('Look again');
  });

  it('forgets a customer by name, and keeps the calls of others in the same session', async () => {
    house.write({ id: 'call_1', session_id: 's', customer_id: CANARY }, `I am ${CANARY}`);
    house.write({ id: 'call_2', session_id: 's', customer_id: 'somebody' }, 'I am not');
    await house.flush();
    await purge(house.life(), { kind: 'customer', id: CANARY });
    expect(house.holding(CANARY)).toEqual([]);
    expect(section('call_2')).toContain('I am not');
    const session = house.ask((database) => database.prepare('SELECT calls, title FROM sessions').get());
    expect(session).toEqual({ calls: 1, title: null });
    const entries = readdirSync(house.sessionFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim().split('\n'))
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(entries).toEqual(['session_start', 'purged', 'purged', 'request', 'response']);
    // Its title does not come back: whoever follows the session may have it in mind.
    house.write({ id: 'call_3', session_id: 's' }, `I am ${CANARY}`);
    await house.flush();
    expect(house.ask((database) => database.prepare('SELECT title FROM sessions').get())).toEqual({ title: null });
  });

  it('takes the sums of a session anew: turns, failed tools, models', async () => {
    house.write({ id: 'call_1', session_id: 's', agent_facts: step(1, 0), response_model: 'one' }, 'a');
    house.write({ id: 'call_2', session_id: 's', agent_facts: step(2, 3), response_model: 'two' }, 'b');
    house.write({ id: 'call_3', session_id: 's', agent_facts: step(3, 2), response_model: 'three' }, 'c');
    await house.flush();
    await purge(house.life(), { kind: 'call', id: 'call_3' });
    expect(
      house.ask((database) => database.prepare('SELECT calls, turns, tool_errors, models FROM sessions').get()),
    ).toEqual({ calls: 2, turns: 2, tool_errors: 3, models: '{"one":1,"two":1}' });
  });

  it('takes one call of many, and everything of a run', async () => {
    for (let index = 0; index < 6; index += 1)
      house.write({ id: `call_${index}`, session_id: 's', run_id: index < 3 ? 'run_1' : 'run_2' }, `question ${index}`);
    await house.flush();
    await purge(house.life(), { kind: 'call', id: 'call_4' });
    expect(house.count('llm_calls')).toBe(5);
    await purge(house.life(), { kind: 'run', id: 'run_1' });
    expect(house.count('llm_calls')).toBe(2);
    expect(log()).toContain('question 3');
    expect(log()).not.toMatch(/question [0124]/);
  });

  it('takes what is pinned, too, and its pin', async () => {
    house.write({ id: 'call_1', session_id: 's' }, 'kept');
    await house.flush();
    const life = house.life();
    life.pin('session', 's', true);
    expect((await purge(life, { kind: 'session', id: 's' })).calls).toBe(1);
    expect(house.count('pins')).toBe(0);
  });

  it('finds nothing of somebody whom nobody knows', async () => {
    house.write({ id: 'call_1' }, 'kept');
    await house.flush();
    expect(await purge(house.life(), { kind: 'customer', id: 'nobody' })).toMatchObject({ calls: 0, left: [] });
    expect(house.count('llm_calls')).toBe(1);
  });

  it('says which sections are not where they were, and harms no file that took their place', async () => {
    house.write({ id: 'call_1', customer_id: 'c' }, 'moved away');
    await house.flush();
    const file = join(house.logs, readdirSync(house.logs).find((name) => name.endsWith('.log')) ?? '');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'something else '.repeat(1000));
    expect(await purge(house.life(), { kind: 'customer', id: 'c' })).toMatchObject({
      calls: 1,
      log_sections: 0,
      log_sections_missing: 1,
    });
    expect(readFileSync(file, 'utf8')).toBe('something else '.repeat(1000));
  });

  it('deletes copies of the database from before an upgrade: they hold what is to be forgotten', async () => {
    const folder = join(dirname(house.database), 'backups');
    mkdirSync(folder);
    writeFileSync(join(folder, 'llm-proxy-v4-2026-11-21T10-00-00Z.db'), CANARY);
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    expect(await purge(house.life(), { kind: 'session', id: 's' })).toMatchObject({ backups: 1 });
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('says so when a program that reads holds up the -wal, and ends the work next time', async () => {
    house.write({ id: 'call_1', customer_id: CANARY }, `I am ${CANARY}`);
    await house.flush();
    const reader = openDatabase(house.database, { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM llm_calls').get();
    const held = await purge(house.life(), { kind: 'customer', id: CANARY });
    expect(held.left).toHaveLength(1);
    expect(held.left[0]).toMatch(/-wal holds some of it while a program reads/);
    reader.exec('ROLLBACK');
    reader.close();
    expect((await purge(house.life(), { kind: 'customer', id: CANARY })).left).toEqual([]);
    expect(house.holding(CANARY)).toEqual([]);
  });

  it('leaves no trace of many calls among many others', async () => {
    for (let index = 0; index < 400; index += 1) {
      const isDoomed = index % 3 === 0;
      const name = isDoomed ? `${CANARY}-${index}` : `fine-${index}`;
      house.write(
        {
          id: `call_${name}`,
          session_id: `s-${name}`,
          response_id: `r-${name}`,
          customer_id: isDoomed ? CANARY : 'fine',
        },
        `${name} says ${'this and that '.repeat(index % 50)}`,
      );
      if (index % 7 === 0) await house.flush();
    }
    await house.flush();
    expect((await purge(house.life(), { kind: 'customer', id: CANARY })).calls).toBe(134);
    expect(house.holding(CANARY)).toEqual([]);
    expect(house.count('llm_calls')).toBe(266);
    expect(house.ask((database) => database.prepare('PRAGMA integrity_check').get())).toEqual({
      integrity_check: 'ok',
    });
  });
});
