import { execFile, spawnSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newStoredAuthority, parseState, serialiseState, type Issuer } from '../../src/ca/authority-state.ts';
import { generateEcKey, makeLeaf } from '../../src/ca/certificate.ts';
import { BASE_GROUPS } from '../../src/ca/covered-names.ts';
import { bits, decode, encode, octets, pem, sequence, tagged, type Node } from '../../src/ca/der.ts';
import { javaTrustStore } from '../../src/ca/export.ts';

const run = promisify(execFile);
const sources = join(import.meta.dirname, '../support/ca-clients');
const missing = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status !== 0;
/** Other TLS libraries refuse in other words. */
const hasCurl = /^curl .*OpenSSL/m.test(spawnSync('curl', ['--version']).stdout?.toString() ?? '');
/** Go keeps what it has compiled there; without that it compiles for a minute. */
const hasGo = !missing('go', 'version') && mayWrite(homedir());
const LONGEST_CHAIN = 'polly.eu-west-1.amazonaws.com';

/** `host:port` of one server each; the last two show what a thief of the issuing key could mint. */
interface Targets {
  good: string;
  longest: string;
  stranger: string;
  address: string;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

let folder: string;
let caFile: string;
let targets: Targets;
const servers: Server[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-clients-'));
  const stored = newStoredAuthority('base', BASE_GROUPS, Date.now());
  const { issuers } = parseState(serialiseState({ version: 1, retired: [], authorities: [stored] }), 'state');
  caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, stored.root);
  const issuerFor = (name: string): Issuer => issuers.find((issuer) => issuer.names.has(name))!;
  const models = issuerFor('anthropic.com');
  targets = {
    good: await serve(models, 'api.anthropic.com'),
    longest: await serve(issuerFor(LONGEST_CHAIN), LONGEST_CHAIN),
    stranger: await serve(models, 'www.example.com'),
    address: await serve(models, '127.0.0.1'),
  };
});

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(issuer: Issuer, host: string): Promise<string> {
  const pair = generateEcKey();
  const isAddress = host === '127.0.0.1';
  const der = makeLeaf(issuer.signer, isAddress ? 'api.anthropic.com' : host, pair.publicKey, Date.now()).der;
  const server = createServer(
    {
      key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: pem('CERTIFICATE', isAddress ? withAddress(der, issuer) : der) + issuer.chain,
    },
    (_, response) => response.end('ok'),
  );
  server.on('tlsClientError', () => {});
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${host}:${(server.address() as AddressInfo).port}`;
}

/** The same leaf, but for the address 127.0.0.1 instead of a name: signed anew with the issuing key. */
function withAddress(leaf: Buffer, issuer: Issuer): Buffer {
  const [tbs, algorithm] = decode(leaf).value as [Node, Node];
  const extensions = ((tbs.value as Node[]).at(-1)!.value as Node[])[0]!.value as Node[];
  const names = extensions.at(-1)!.value as Node[];
  names[names.length - 1] = octets(encode(sequence(tagged(7, Uint8Array.of(127, 0, 0, 1)))));
  return encode(sequence(tbs, algorithm, bits(sign('sha256', encode(tbs), issuer.signer.key))));
}

/** The verdicts of a client that prints one line for each target. */
async function lines(command: string, args: readonly string[]): Promise<string[]> {
  const { good, longest, stranger, address } = targets;
  const { stdout } = await run(command, [...args, good, longest, stranger, address], {
    env: { PATH: process.env['PATH'] },
  });
  return stdout.trim().split('\n');
}

/** Refused for the constraint, not for something else that happens to be wrong. */
function expectVerdicts(verdicts: readonly string[], reason: RegExp): void {
  expect(verdicts).toHaveLength(4);
  expect(verdicts.slice(0, 2)).toEqual(['ok', 'ok']);
  for (const verdict of verdicts.slice(2)) expect(verdict).toMatch(reason);
}

async function curl(target: string): Promise<string> {
  const [host, port] = target.split(':');
  const resolve = ['--resolve', `${host}:${port}:127.0.0.1`];
  const args = ['-sS', '--noproxy', '*', '--cacert', caFile, ...resolve, `https://${target}/`];
  const options = { env: { PATH: process.env['PATH'] } };
  return run('curl', args, options).then(
    ({ stdout }) => stdout,
    (error: Error) => `refused ${error.message.replaceAll('\n', ' ')}`,
  );
}

const OPENSSL_REASON = /^refused .*(?:permitted|excluded) subtree violation/;

describe('a leaf of ours is accepted, one minted with a stolen issuing key for another name or an address is refused', () => {
  it('by Node', async () => {
    const ca = readFileSync(caFile);
    const verdict = async (target: string): Promise<string> => {
      const [host = '', port] = target.split(':');
      const name = host === '127.0.0.1' ? {} : { servername: host };
      const socket = connect({ host: '127.0.0.1', port: Number(port), ca, ...name });
      try {
        await once(socket, 'secureConnect');
        return 'ok';
      } catch (error) {
        return `refused ${String(error)}`;
      } finally {
        socket.destroy();
      }
    };
    expectVerdicts(await Promise.all(Object.values(targets).map(verdict)), OPENSSL_REASON);
  });

  it.skipIf(!hasCurl)('by curl with OpenSSL (skipped where it is missing)', async () => {
    expectVerdicts(await Promise.all(Object.values(targets).map(curl)), OPENSSL_REASON);
  });

  it.skipIf(missing('python3', '--version'))(
    'by Python with the strict flags of 3.13 (skipped where it is missing)',
    async () => {
      expectVerdicts(await lines('python3', [join(sources, 'client.py'), caFile]), OPENSSL_REASON);
    },
  );

  it.skipIf(!hasGo)('by Go (skipped where it is missing, or its user has no home)', async () => {
    const program = join(folder, 'client');
    await run('go', ['build', '-o', program, join(sources, 'client.go')], {
      env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
    });
    expectVerdicts(await lines(program, [caFile]), /^refused .*(?:not permitted|excluded) by /);
  });

  it.skipIf(missing('javac', '-version'))(
    'by Java, with a trust store of ours and no password (skipped where it is missing)',
    async () => {
      const store = join(folder, 'trust.p12');
      writeFileSync(store, javaTrustStore(readFileSync(caFile, 'utf8')));
      await run('javac', ['-d', folder, join(sources, 'Client.java')]);
      const flags = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', `-Djavax.net.ssl.trustStore=${store}`];
      expectVerdicts(await lines('java', [...flags, '-cp', folder, 'Client']), /^refused .*name constraints/i);
    },
  );
});
