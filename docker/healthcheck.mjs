// Asks the daemon of this container whether it is well. Without the command line's parser: it runs every few seconds.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const { admin_url: url } = JSON.parse(readFileSync(`${process.env.LLM_PROXY_HOME}/run/daemon.json`, 'utf8'));
const request = get(`${url}/health`, { timeout: 2000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
request.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
