// http-mitm-proxy on its own data path, with its option `keepAlive`: without it no connection outlives a call.
import { join } from 'node:path';
import { Proxy } from 'http-mitm-proxy';
import { freePort } from './peers.mjs';

const folder = process.env.FOLDER;
const port = await freePort();
const proxy = new Proxy();
proxy.onError(() => {});
proxy.listen({ host: '127.0.0.1', port, sslCaDir: folder, keepAlive: true }, () => {
  process.stdout.write(`${JSON.stringify({ port: port, caFile: join(folder, 'certs', 'ca.pem') })}\n`);
});
process.on('SIGTERM', () => process.exit());
