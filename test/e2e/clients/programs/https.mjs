// node:https with the global agent, then with an agent of its own, as many SDKs have one.
import { readFileSync } from 'node:fs';
import https from 'node:https';

const agent = new https.Agent({ keepAlive: true });
const calls = JSON.parse(readFileSync(process.env.CLIENT_CALLS, 'utf8'));
for (const [index, { url, headers, body }] of calls.entries()) {
  await new Promise((resolve, reject) => {
    const request = https.request(url, { method: 'POST', headers, ...(index === 0 ? {} : { agent }) }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        process.stdout.write(`${answer.statusCode} ${Buffer.concat(parts).toString('base64')}\n`);
        resolve();
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
agent.destroy();
