// What every benchmark of the proxy needs: an upstream with a certificate, and a load generator.
import { execFileSync, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function openssl(...args) {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

/** The upstream that answers as providers do, in a process of its own; it is added to `children`. */
export async function upstream(folder, children) {
  const file = (name) => join(folder, name);
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=bench CA',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    file('key.pem'),
    '-out',
    file('csr.pem'),
  );
  writeFileSync(file('ext'), 'subjectAltName=DNS:localhost,DNS:api.openai.com\n');
  openssl(
    'x509',
    '-req',
    '-in',
    file('csr.pem'),
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    file('ext'),
    '-out',
    file('cert.pem'),
  );
  const child = fork(join(here, 'upstream.mjs'), {
    env: { ...process.env, KEY: file('key.pem'), CERT: file('cert.pem') },
  });
  children.push(child);
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  return { folder, port, caFile: file('ca.pem'), certFile: file('cert.pem'), keyFile: file('key.pem') };
}

/** @param onMark is called when the scenario has been set up: connections are open, streams have begun. */
export function load(peer, scenario, options, onMark = () => {}) {
  const child = fork(join(here, 'load.mjs'));
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('load generator ended')));
    child.on('message', ({ mark, result, error }) => {
      if (mark) return onMark();
      child.removeAllListeners('exit');
      child.disconnect();
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    child.send({ scenario, options: { ...options, route: peer.route } });
  });
}
