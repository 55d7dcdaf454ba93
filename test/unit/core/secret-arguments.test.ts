import { describe, expect, it } from 'vitest';
import { maskBody, maskText } from '../../../src/core/redact.ts';
import { expectLinearTime } from '../../support/growth.ts';

/** Each with `bob:pa55wd`, of which the part after the colon goes. */
const SECRETS = [
  'curl -u bob:pa55wd https://api.example.com/v1',
  'curl -ubob:pa55wd https://api.example.com',
  'curl -u"bob:pa55wd" https://api.example.com',
  `curl -u 'bob:pa55wd' https://api.example.com`,
  'curl --user bob:pa55wd https://api.example.com',
  'curl --user=bob:pa55wd https://api.example.com',
  'curl --user "bob:pa55wd" https://api.example.com',
  'curl -U bob:pa55wd -x proxy:3128 https://api.example.com',
  'curl --proxy-user bob:pa55wd https://api.example.com',
  'curl -sSfu bob:pa55wd https://api.example.com',
  'curl.exe -u bob:pa55wd https://api.example.com',
  '/usr/bin/curl "-u" "bob:pa55wd" https://api.example.com',
  `curl -X POST -H "Accept: a; b | c" -d '{"q":"it is \\"so\\" & so"}' -u bob:pa55wd https://api.example.com`,
  `curl -d '{"a":"'"$A"'"}' https://api.example.com?a=1&b=2 -u bob:pa55wd`,
  'curl https://api.example.com \\\n  -H Accept:text/plain \\\n  -u bob:pa55wd\nsort -u file:line',
  'cd work && curl -u bob:pa55wd https://api.example.com | sort -u',
  'Try `curl -u bob:pa55wd` first.',
  'KEY=$(curl -u bob:pa55wd https://api.example.com)',
  `bash -lc "curl -u bob:pa55wd https://api.example.com"`,
  `curl -d 'see curl -u bob:pa55wd' https://api.example.com`,
  `subprocess.run(["curl", "-s", "-u", "bob:pa55wd", url])`,
  `['/usr/bin/curl','--user','bob:pa55wd','x']`,
  'curl -u "bob:pa55wd',
];

/** `"` and backslashes doubled as in JSON in JSON. */
const inJson = (text: string, depth: number): string =>
  depth === 0 ? text : inJson(JSON.stringify({ command: text, next: 'docker run -u a:b "c"' }), depth - 1);

describe('core/secret-arguments', () => {
  it.each(SECRETS)('masks the password in %j and nothing else, at each depth of JSON', (text) => {
    const clean = text.replace('pa55wd', '[masked]');
    for (const depth of [0, 1, 2, 3]) {
      expect(maskText(inJson(text, depth))).toBe(inJson(clean, depth));
      expect(maskText(inJson(clean, depth))).toBe(inJson(clean, depth));
    }
  });

  it.each([
    ['a password of signs', `curl -u 'bob:p:$a w|r;d&!' x`, `curl -u 'bob:[masked]' x`],
    ['a password that only looks like a name for one', `curl -u 'bob:\${P:-pa55wd}' x`, `curl -u 'bob:[masked]' x`],
    ['letters of any script', 'curl -u bob:пароль x', 'curl -u bob:[masked] x'],
    ['a key in the place of the name', 'curl -u a1b2c3d4e5f6a7b8c9d0: x', 'curl -u [masked]: x'],
    ['both', 'curl -u a1b2c3d4e5f6a7b8c9d0:pa55wd x', 'curl -u [masked]:[masked] x'],
    ['two at once', 'curl -u bob:pa55wd -U eve:pa66wd x', 'curl -u bob:[masked] -U eve:[masked] x'],
    ['the next command too', 'curl -u bob:a1 x; curl -u eve:b2 y', 'curl -u bob:[masked] x; curl -u eve:[masked] y'],
    ['a key without curl', 'tool --user bob:a1b2c3d4e5f6a7b8 x', 'tool --user bob:[masked] x'],
    ['a key without curl, in a list', '["--user","bob:a1b2c3d4e5f6a7b8"]', '["--user","bob:[masked]"]'],
  ])('masks %s', (_name, text, clean) => {
    expect(maskText(text)).toBe(clean);
  });

  it('leaves a key that is known by its look its family and its end', () => {
    const key = `sk-ant-api03-${'aB3dEfGh9j'.repeat(4)}wxyz`;
    expect(maskText(`curl -u anthropic:${key} x`)).toBe('curl -u anthropic:sk-ant-...wxyz x');
  });

  it.each([
    'mysql -u root',
    'docker run -u 1000:1000 image',
    'docker run --user node:node image && docker exec --user www-data:www-data c sh',
    'podman run --user=1000:1000 image',
    'sort -u file:line',
    'curl -s https://example.com | sort -u file:line',
    'curl -s https://example.com && docker run -u node:staff image',
    'curl -s https://example.com\ndocker run -u node:staff image',
    'curl -s https://example.com; git push -u origin:main',
    '(curl -s https://example.com) -u file:line',
    'We tried curl. Then sort -u file:line was enough.',
    'docker run -u 1000:1000 curlimages/curl -s https://example.com',
    'docker run --entrypoint curl -u 1000:1000 image',
    'curl -u bob https://example.com',
    'curl -u bob: https://example.com',
    'curl --negotiate -u : https://example.com',
    'curl -u $USER:$PASS -U "$USER:${PASS}" https://example.com',
    'curl -u "bob:$(pass show bob)" -u https://example.com',
    'curl -u <user>:<password> --user {user}:{{password}} -U bob:***',
    'curl --user-agent a:b -o u:v -du:v https://example.com',
    'curl -d "-u a:b" -H u:v https://example.com',
    'libcurl -u file:line and pycurl --user file:line',
    'curl: -u file:line',
    '{"command":"curl -v","next":"sort -u file:line"}',
    '{"command":"curl -s https://example.com","args":["-u","file:line"]}',
    '["curl","-s"],["sort","-u","file:line"]',
    '--user-data-dir=/tmp/a:b --users a1b2c3:d4e5f6a7b8c9d0e1f2',
  ])('leaves %j as it is, at each depth of JSON', (text) => {
    for (const depth of [0, 1, 2]) expect(maskText(inJson(text, depth))).toBe(inJson(text, depth));
  });

  it('keeps JSON whole, wherever a command in it was cut', () => {
    for (const text of SECRETS) {
      for (let end = 0; end <= text.length; end += 1) {
        const body = { a: text.slice(0, end), b: `it's "so": -u a:b`, c: [`curl`, text.slice(end)] };
        expect(Object.keys(JSON.parse(maskBody(JSON.stringify(body))) as object)).toEqual(['a', 'b', 'c']);
      }
    }
  });

  it.each([
    'curl ',
    'curl x ',
    'curl -u ',
    'curl "',
    `curl '`,
    'curl \\"',
    'curl "x curl" ',
    `curl -d 'curl -u a:b' `,
    'curl \\\\\\n',
    'curl\\',
    `curl a="b"'c'`,
    '"curl","-u",',
    '--user a:b ',
    '--user "',
  ])('needs linear time for %j', async (unit) => {
    await expectLinearTime((bytes) => {
      const text = unit.repeat(Math.ceil(bytes / unit.length));
      return () => maskText(text);
    }, 120_000);
  });
});
