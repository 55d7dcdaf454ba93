import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from '../../../src/net/request-target.ts';

describe('net/request-target', () => {
  it.each([
    ['http://a.example/x?y=1', 'http', 'a.example', 80, 'a.example', '/x?y=1'],
    ['http://a.example', 'http', 'a.example', 80, 'a.example', '/'],
    ['http://a.example?x=1', 'http', 'a.example', 80, 'a.example', '/?x=1'],
    ['http://a.example:/x', 'http', 'a.example', 80, 'a.example:', '/x'],
    ['HTTP://A.Example.:8080//x', 'http', 'a.example', 8080, 'A.Example.:8080', '//x'],
    ['https://api.example/v1', 'https', 'api.example', 443, 'api.example', '/v1'],
    ['http://[::1]:11434/x', 'http', '::1', 11_434, '[::1]:11434', '/x'],
    ['http://[::1]/x', 'http', '::1', 80, '[::1]', '/x'],
    ['http://127.1/%2e%2e/', 'http', '127.0.0.1', 80, '127.1', '/%2e%2e/'],
    ['http://a.example/http://b.example/', 'http', 'a.example', 80, 'a.example', '/http://b.example/'],
  ])('reads %s', (text, scheme, host, port, hostHeader, path) => {
    expect(parseRequestTarget(text)).toEqual({
      form: 'absolute',
      scheme,
      authority: { host, port },
      host: hostHeader,
      path,
    });
  });

  it.each(['/', '/x?y=http://a.example', '//a.example/x'])('takes %s for a path of our own', (text) => {
    expect(parseRequestTarget(text)).toEqual({ form: 'origin', path: text });
  });

  it.each([
    '',
    '*',
    'a.example:443',
    'ftp://a.example/',
    'ws://a.example/',
    'file:///etc/passwd',
    'http:/a.example',
    'http:///x',
    'http://u:p@h.example/',
    'http://api.example@evil.example/',
    'http://a.example:0/',
    'http://a.example:65536/',
    'http://a.example:80:80/',
    'http://::1/x',
    'http://[::1/x',
    'http://a b/',
    'http://a.example/x#fragment',
    'http://../x',
    'http://%2e%2e/x',
    'http://a.example\\@evil.example/',
  ])('refuses %j', (text) => {
    expect(parseRequestTarget(text).form).toBe('malformed');
  });
});
