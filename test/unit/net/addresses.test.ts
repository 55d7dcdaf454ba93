import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  checkAddress,
  isLoopback,
  isMetadataName,
  isOwnEndpoint,
  isPrivateAddress,
} from '../../../src/net/addresses.ts';

describe('net/addresses', () => {
  describe('checkAddress', () => {
    it.each([
      // 169.254.169.254, the metadata service of most clouds, as resolvers and URL parsers let one write it
      '169.254.169.254',
      '169.254.169.254.',
      '2852039166',
      '0xA9FEA9FE',
      '0xa9.0xfe.0xa9.0xfe',
      '0251.0376.0251.0376',
      '0251.254.169.254',
      '169.254.43518',
      '169.16689662',
      '0xa9.254.0251.254',
      '１６９.254.169.254',
      '169。254。169。254',
      '::ffff:169.254.169.254',
      '[::ffff:169.254.169.254]',
      '::ffff:a9fe:a9fe',
      '[::FFFF:A9FE:A9FE]',
      '0:0:0:0:0:ffff:a9fe:a9fe',
      '::ffff:0:a9fe:a9fe',
      '::a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b::169.254.169.254',
      '64:ff9b:1::a9fe:a9fe',
      '2002:a9fe:a9fe::',
      '2002:a9fe:a9fe::1',
      // other link-local addresses
      '169.254.0.0',
      '169.254.0.1',
      '169.254.255.255',
      'fe80::1',
      '[fe80::1%25lo]',
      'fe80::1%eth0',
      'FE80:0:0:0:0:0:0:1',
      'febf:ffff::1',
      // metadata elsewhere
      'fd00:ec2::254',
      '[fd00:0ec2:0:0:0:0:0:0254]',
      'fd20:ce::254',
      '100.100.100.200',
      '1684301000',
      '::ffff:100.100.100.200',
      '168.63.129.16',
      '192.0.0.192',
      // nobody's address
      '0.0.0.0',
      '0',
      '0x0',
      '0.0.0.1',
      '0.255.255.255',
      '::',
      '[::]',
      '0:0:0:0:0:0:0:0',
      '::ffff:0.0.0.0',
      '::ffff:0:0',
      '::0.0.0.2',
      '64:ff9b::',
      '2002:0:1::',
      // everybody's address
      '224.0.0.1',
      '239.255.255.250',
      '0xE0000001',
      '::ffff:224.0.0.1',
      'ff02::1',
      'ff0e::1234',
      '255.255.255.255',
      '4294967295',
      '::ffff:255.255.255.255',
      // no address at all
      'localhost',
      '',
      '1.2.3.4.5',
    ])('refuses %s', (ip) => {
      expect(checkAddress(ip)).toEqual(expect.any(String));
    });

    it.each([
      '127.0.0.1',
      '127.255.255.254',
      '::1',
      '[::1%25lo]',
      '10.0.0.1',
      '172.17.0.2',
      '192.168.1.1',
      '100.100.100.201',
      '100.64.0.1',
      '8.8.8.8',
      '1.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '223.255.255.255',
      '2606:4700::6810:1',
      'fd00:ec2::253',
      'fec0::1',
      '64:ff9b::808:808',
      '2002:808:808::1',
      '::ffff:8.8.8.8',
    ])('lets %s through', (ip) => {
      expect(checkAddress(ip)).toBeNull();
    });

    it('names the reason', () => {
      expect(checkAddress('169.254.169.254')).toBe('link-local');
      expect(checkAddress('fd00:ec2::254')).toBe('cloud metadata');
      expect(checkAddress('64:ff9b::e000:1')).toBe('multicast');
    });
  });

  it.each([
    ['metadata.google.internal', true],
    ['x.metadata.google.internal', true],
    ['metadata.goog', true],
    ['metadata.google.internal.example.com', false],
    ['google.internal', false],
  ])('says of the metadata name %s: %s', (host, expected) => {
    expect(isMetadataName(host)).toBe(expected);
  });

  describe('isOwnEndpoint', () => {
    const own = new Set([8080, 8081]);

    it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::', '0x7f000001'])(
      'knows its listeners by %s',
      (ip) => {
        expect(isOwnEndpoint(ip, 8080, own)).toBe(true);
        expect(isOwnEndpoint(ip, 8081, own)).toBe(true);
        expect(isOwnEndpoint(ip, 9090, own)).toBe(false);
      },
    );

    it('knows its listeners by every address of this machine', () => {
      for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
        expect(isOwnEndpoint(address, 8080, own)).toBe(true);
      }
    });

    it('does not claim the same port elsewhere', () => {
      expect(isOwnEndpoint('203.0.113.7', 8080, own)).toBe(false);
    });
  });

  it.each([
    ['127.0.0.1', true],
    ['::ffff:127.0.0.1', true],
    ['::1', true],
    ['10.0.0.1', false],
    ['localhost', false],
  ])('says whether %s is loopback: %s', (ip, expected) => {
    expect(isLoopback(ip)).toBe(expected);
  });

  it.each([
    ['127.0.0.1', true],
    ['::ffff:172.17.0.5', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['10.88.0.3', true],
    ['192.168.0.2', true],
    ['100.64.1.1', true],
    ['fd12::1', true],
    ['fe80::2', true],
    ['8.8.8.8', false],
    ['2606:4700::1', false],
    ['', false],
  ])('says whether %s shares our network: %s', (ip, expected) => {
    expect(isPrivateAddress(ip)).toBe(expected);
  });
});
