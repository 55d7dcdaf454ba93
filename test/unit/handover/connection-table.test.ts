import { describe, expect, it } from 'vitest';
import { ConnectionTable } from '../../../src/handover/connection-table.ts';
import { connectionInfo } from '../../support/exchanges.ts';

describe('handover/connection-table', () => {
  it('asks to tell each recorder once', () => {
    const table = new ConnectionTable(10);
    table.add(connectionInfo({ connection: 1 }));
    expect(table.use(1, 1)?.tell).toBe(true);
    expect(table.use(1, 1)?.tell).toBe(false);
    expect(table.use(1, 2)?.tell).toBe(true);
  });

  it('forgets the connection unused for longest', () => {
    const table = new ConnectionTable(2);
    table.add(connectionInfo({ connection: 1 }));
    table.add(connectionInfo({ connection: 2 }));
    table.use(1, 7);
    expect(table.add(connectionInfo({ connection: 3 }))).toEqual({ connection: 2, toldTo: 0 });
    expect(table.add(connectionInfo({ connection: 4 }))).toEqual({ connection: 1, toldTo: 7 });
    expect(table.use(2, 7)).toBeNull();
    expect(table.use(3, 7)?.info.connection).toBe(3);
  });

  it('keeps those that live before those that are over, of which it keeps the last', () => {
    const table = new ConnectionTable(10, 2);
    for (const connection of [1, 2, 3, 4]) table.add(connectionInfo({ connection }));
    expect([2, 3, 9].map((connection) => table.end(connection))).toEqual([null, null, null]);
    table.use(2, 7);
    expect(table.end(4)).toEqual({ connection: 3, toldTo: 0 });
    expect([1, 2, 3, 4].map((connection) => table.use(connection, 7)?.tell)).toEqual([true, false, undefined, true]);
  });
});
