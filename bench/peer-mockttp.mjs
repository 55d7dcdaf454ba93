// mockttp passing everything through.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as mockttp from 'mockttp';

const folder = process.env.FOLDER;
const https = await mockttp.generateCACertificate();
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, https.cert);
const server = mockttp.getLocal({ https, recordTraffic: false });
await server
  .forAnyRequest()
  .thenPassThrough({ trustAdditionalCAs: [{ cert: readFileSync(process.env.NODE_EXTRA_CA_CERTS, 'utf8') }] });
await server.start();
process.stdout.write(`${JSON.stringify({ port: server.port, caFile })}\n`);
process.on('SIGTERM', () => process.exit());
