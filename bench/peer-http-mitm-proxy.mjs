// http-mitm-proxy on its own data path: as its README starts it, or with its option `keepAlive` (KEEP_ALIVE=1).
import { join } from 'node:path';
import { Proxy } from 'http-mitm-proxy';
import { freePort } from './peers.mjs';

const folder = process.env.FOLDER;
const port = await freePort();
const proxy = new Proxy();
proxy.onError(() => {});
proxy.listen({ host: '127.0.0.1', port, sslCaDir: folder, keepAlive: process.env.KEEP_ALIVE === '1' }, () => {
  process.stdout.write(`${JSON.stringify({ port: port, caFile: join(folder, 'certs', 'ca.pem') })}\n`);
});
process.on('SIGTERM', () => process.exit());
