/**
 * The listener and its CONNECT parsing come from http-mitm-proxy, through its documented hooks; nothing else of it is
 * ever reached: not its certificates, not its data path, not its files. The only importer of that package.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Proxy } from 'http-mitm-proxy';
import forge from 'node-forge';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { formatAuthority } from '../core/hosts.ts';
import { type FrontDoor, type FrontDoorHandlers, type FrontDoorOptions, takeOver } from './http-server.ts';

/** Rejects with `port_in_use` or `config_invalid`. */
export async function openFrontDoor(options: FrontDoorOptions, handlers: FrontDoorHandlers): Promise<FrontDoor> {
  // Asked first, because the package never calls back when the port is taken: it prints and hangs.
  await assertPortIsFree(options);
  const folder = temporaryFolder();
  try {
    writeThrowawayAuthority(folder);
    const proxy = new Proxy();
    // Never asked, since no callback of ours lets it go on; if it ever were, it must not write files (host names become paths there).
    proxy.onCertificateRequired = (_host, callback) =>
      callback(new Error('certificates are not made here'), undefined as never);
    proxy.onConnect((request, duplex, head) => {
      const socket = duplex as Socket;
      // Its own listener prints every client reset to stdout.
      socket.removeAllListeners('error');
      handlers.connect(request, socket, head as Buffer);
      // Not called back: the socket is ours from here on.
    });
    await listen(proxy, options, folder);
    const server = proxy.httpServer;
    const address = server?.address();
    if (server === undefined || typeof address !== 'object' || address === null)
      throw new Error('the listener has no address');
    takeOver(server, handlers, options.limits);
    // The check of head time-outs was armed with Node's 30 s; this arms it again with ours.
    server.emit('listening');
    return { server, host: address.address, port: address.port };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'llm-proxy-'));
  } catch (error) {
    const message = `the folder for temporary files, ${tmpdir()}, takes none (${codeOf(error) ?? 'unknown'}): set TMPDIR to another`;
    throw new AppError('config_invalid', message, { cause: error });
  }
}

function listen(proxy: Proxy, { host, port }: FrontDoorOptions, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    proxy.onError((_context, error) => reject(listenError(error, { host, port })));
    proxy.listen({ host, port, sslCaDir: folder, keepAlive: true }, ((error?: Error | null) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    }) as () => void);
  });
}

function assertPortIsFree({ host, port }: FrontDoorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(listenError(error, { host, port })));
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

function listenError(error: unknown, at: { host: string; port: number }): AppError {
  const where = formatAuthority(at);
  if (codeOf(error) === 'EADDRINUSE') {
    return new AppError('port_in_use', `${where} is in use: stop what listens there or choose another --port`, {
      cause: error,
    });
  }
  return new AppError('config_invalid', `cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
}

/**
 * The package insists on loading an authority. What it gets certifies nothing: an expired certificate without a
 * signature, and the key of the textbooks (n = 61 * 53). So no key is ever on disk, not even for a moment, and nothing
 * is generated (its own takes 484 ms and is world-readable).
 */
function writeThrowawayAuthority(folder: string): void {
  const publicKey = forge.pki.setRsaPublicKey(number(3233), number(17));
  const [d, p, q, dP, dQ, qInv] = [413, 61, 53, 53, 49, 38].map(number) as [Big, Big, Big, Big, Big, Big];
  const privateKey = forge.pki.setRsaPrivateKey(number(3233), number(17), d, p, q, dP, dQ, qInv);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(0);
  certificate.validity.notAfter = new Date(1000);
  const unsigned = {
    signature: '\0',
    signatureOid: '1.2.840.113549.1.1.11',
    siginfo: { algorithmOid: '1.2.840.113549.1.1.11' },
  };
  Object.assign(certificate, unsigned);
  chmodSync(folder, 0o700);
  for (const name of ['certs', 'keys']) mkdirSync(join(folder, name), { mode: 0o700 });
  const write = (name: string, pem: string): void =>
    writeFileSync(join(folder, name), pem, { mode: 0o600, flag: 'wx' });
  write('certs/ca.pem', forge.pki.certificateToPem(certificate));
  write('keys/ca.private.key', forge.pki.privateKeyToPem(privateKey));
  write('keys/ca.public.key', forge.pki.publicKeyToPem(publicKey));
}

type Big = forge.jsbn.BigInteger;

function number(value: number): Big {
  return new forge.jsbn.BigInteger(String(value));
}
