import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAuthority,
  isIpAddress,
  matchesAuthority,
  matchesHost,
  normaliseHost,
  parseAuthority,
} from '../../../src/core/hosts.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

describe('core/hosts', () => {
  describe('normaliseHost', () => {
    it.each([
      ['api.anthropic.com', 'api.anthropic.com'],
      ['API.Anthropic.COM', 'api.anthropic.com'],
      ['api.anthropic.com.', 'api.anthropic.com'],
      ['localhost', 'localhost'],
      ['my_service', 'my_service'],
      ['bücher.example', 'xn--bcher-kva.example'],
      ['ａｐｉ.example', 'api.example'],
      ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
      ['127.0.0.1', '127.0.0.1'],
      ['127.1', '127.0.0.1'],
      ['2130706433', '127.0.0.1'],
      ['0x7f000001', '127.0.0.1'],
      ['0x7F.1', '127.0.0.1'],
      ['0177.0.0.1', '127.0.0.1'],
      ['１２７.0.0.1', '127.0.0.1'],
      ['127.0.0.1.', '127.0.0.1'],
      ['0', '0.0.0.0'],
      ['0x', '0.0.0.0'],
      ['example。com。', 'example.com'],
      ['[::1]', '::1'],
      ['::1', '::1'],
      ['[0:0:0:0:0:0:0:1]', '::1'],
      ['[FE80::1%25eth0]', 'fe80::1'],
      ['fe80::1%lo', 'fe80::1'],
      ['[::ffff:127.0.0.1]', '127.0.0.1'],
      ['::ffff:a9fe:a9fe', '169.254.169.254'],
      ['::FFFF:169.254.169.254', '169.254.169.254'],
    ])('gives %j as %j', (text, expected) => {
      expect(normaliseHost(text)).toBe(expected);
    });

    it.each([
      '',
      '.',
      '..',
      'a..b',
      '.a',
      'a..',
      '*',
      '/x',
      '../../evil',
      '%2e%2e%2fevil',
      'a@b.example',
      'a b',
      'a\u0000b',
      'a\nb',
      'a#b',
      'a?b',
      'a\\b',
      '[::1',
      '::1]',
      '[127.0.0.1]',
      '[]',
      ':',
      '1.2.3.4.5',
      '256.1.1.1',
      '4294967296',
      '08.1.1.1',
      'example.1',
      'a!b.example',
      "a'b.example",
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(127)}example`,
    ])('returns null for %j', (text) => {
      expect(normaliseHost(text)).toBeNull();
    });

    it('reads __proto__ as the name that it is', () => {
      expect(normaliseHost('__proto__')).toBe('__proto__');
    });

    it('changes nothing the second time', () => {
      fc.assert(
        fc.property(fc.oneof(name, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
          const once = normaliseHost(text);
          fc.pre(once !== null);
          expect(normaliseHost(once)).toBe(once);
        }),
      );
    });
  });

  describe('parseAuthority', () => {
    it.each([
      ['api.openai.com:443', { host: 'api.openai.com', port: 443 }],
      ['API.OPENAI.COM.:443', { host: 'api.openai.com', port: 443 }],
      ['[::1]:8443', { host: '::1', port: 8443 }],
      ['127.1:80', { host: '127.0.0.1', port: 80 }],
    ])('reads %j', (text, expected) => {
      expect(parseAuthority(text)).toEqual(expected);
    });

    it.each([
      '',
      '*',
      '/x',
      ':443',
      'host',
      'host:',
      'host:0',
      'host:65536',
      'host:99999',
      'host:+443',
      'host: 443',
      'host:4 43',
      'host:443/',
      'host:0x1bb',
      '::1:443',
      '[::1]443',
      '[::1]',
      'http://x:443/',
      'a@b:443',
      'u:p@b:443',
      '../../evil:443',
      '..:443',
      '%2e%2e%2fevil:443',
      'host:443:443',
      'host:443\u0000',
    ])('returns null for %j', (text) => {
      expect(parseAuthority(text)).toBeNull();
    });

    it('is the inverse of formatAuthority', () => {
      fc.assert(
        fc.property(fc.oneof(name, fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (text, port) => {
          const host = normaliseHost(text);
          fc.pre(host !== null);
          expect(parseAuthority(formatAuthority({ host, port }))).toEqual({ host, port });
        }),
      );
    });
  });

  describe('matchesHost', () => {
    it.each([
      ['anthropic.com', 'anthropic.com', true],
      ['api.anthropic.com', 'anthropic.com', true],
      ['a.b.anthropic.com', 'Anthropic.com.', true],
      ['evilanthropic.com', 'anthropic.com', false],
      ['api.anthropic.com.evil.com', 'anthropic.com', false],
      ['anthropic.com', 'api.anthropic.com', false],
      ['anthropic.co', 'anthropic.com', false],
      ['api.eu.example.com', 'api.*.example.com', true],
      ['api.example.com', 'api.*.example.com', false],
      ['api.a.b.example.com', 'api.*.example.com', false],
      ['x.api.eu.example.com', 'api.*.example.com', false],
      ['eu-api.example.com', '*-api.example.com', true],
      ['-api.example.com', '*-api.example.com', false],
      ['a.b-api.example.com', '*-api.example.com', false],
      ['a.example.com', '*.example.com', true],
      ['example.com', '*.example.com', false],
      ['10.1.2.3', '10.1.2.3', true],
      ['10.1.2.3', '2.3', false],
      ['10.1.2.3', '2.0.0.3', false],
      ['::1', '[0::1]', true],
      ['anything.example', '', false],
      ['anything.example', 'a b', false],
      ['aaa.example', '**.example', false],
    ])('says of %j and %j: %j', (host, pattern, expected) => {
      expect(matchesHost(host, pattern)).toBe(expected);
    });

    it('takes every name below a pattern and none beside it', () => {
      fc.assert(
        fc.property(name, name, label, (below, pattern, glued) => {
          expect(matchesHost(`${below}.${pattern}`, pattern)).toBe(true);
          expect(matchesHost(`${glued}${pattern}`, pattern)).toBe(false);
          const evil = `${pattern}.${below}`;
          expect(matchesHost(evil, pattern)).toBe(evil === pattern || evil.endsWith(`.${pattern}`));
        }),
      );
    });
  });

  describe('matchesAuthority', () => {
    it.each([
      ['gw.example', 443, 'gw.example', true],
      ['gw.example', 8443, 'gw.example:8443', true],
      ['a.gw.example', 8443, 'gw.example:8443', true],
      ['gw.example', 443, 'gw.example:8443', false],
      ['::1', 11_434, '[::1]:11434', true],
      ['::1', 11_434, '::1', true],
      ['127.0.0.1', 11_434, '127.0.0.1:11434', true],
    ])('says of %j port %j and %j: %j', (host, port, pattern, expected) => {
      expect(matchesAuthority({ host, port }, pattern)).toBe(expected);
    });
  });

  it('tells IP addresses from names', () => {
    expect([isIpAddress('127.0.0.1'), isIpAddress('::1'), isIpAddress('a.example')]).toEqual([true, true, false]);
  });
});
