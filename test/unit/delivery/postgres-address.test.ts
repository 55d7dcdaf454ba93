import { describe, expect, it } from 'vitest';
import { readPostgresAddress, shownAddress } from '../../../src/delivery/postgres-address.ts';

describe('delivery/postgres-address', () => {
  it('reads all parts of an address', () => {
    const address = readPostgresAddress(
      'postgresql://ann:s%40cret@db.example:6432/ledger?sslmode=verify-ca&sslrootcert=/etc/root.pem&channel_binding=require',
    );
    expect(address).toEqual({
      host: 'db.example',
      port: 6432,
      user: 'ann',
      password: 's@cret',
      database: 'ledger',
      tls: 'verify-ca',
      rootCert: '/etc/root.pem',
      cert: null,
      key: null,
      directTls: false,
      channelBinding: true,
      applicationName: 'llm-proxy',
    });
    expect(shownAddress(address)).toBe('postgresql://db.example:6432/ledger');
  });

  it.each([
    ['postgres://ann@db', { host: 'db', port: 5432, database: 'ann', password: '', tls: 'prefer' }],
    ['postgres://ann@[::1]:7/x', { host: '::1', port: 7, database: 'x' }],
    ['postgres://ann@%2Frun%2Fpg/x', { host: '/run/pg' }],
    [
      'postgres:///x?host=/run/pg&user=ann&password=p&port=6000',
      { host: '/run/pg', user: 'ann', password: 'p', port: 6000 },
    ],
    ['postgres://ann@db/x?sslrootcert=system', { tls: 'verify-full', rootCert: 'system' }],
    ['postgres://ann@db/x?pgbouncer=true&connect_timeout=10', { host: 'db', tls: 'prefer' }],
  ])('reads %s as libpq does', (text, parts) => {
    expect(readPostgresAddress(text)).toMatchObject(parts);
  });

  it.each([
    ['mysql://ann:hunter2@db/x', 'postgresql://'],
    ['postgres://db/x', 'no user'],
    ['postgres://ann:hunter2/#@db/x', '%2F'],
    ['postgres://ann:hunter2%@db/x', '%25'],
    ['postgres://ann:hunter2@db/x?sslmod=verify-full', '"sslmod"'],
    ['postgres://ann:hunter2@db/x?sslmode=strict', 'verify-full'],
    ['postgres://ann:hunter2@db/x?sslmode=require&sslrootcert=system', 'verify-full'],
    ['postgres://ann:hunter2@db/x?port=0', 'port'],
  ])('refuses %s, and says why without the password', (text, why) => {
    const read = (): unknown => readPostgresAddress(text);
    expect(read).toThrow(why);
    expect(read).not.toThrow('hunter2');
    expect(read).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
