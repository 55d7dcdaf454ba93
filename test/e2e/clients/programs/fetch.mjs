// Global fetch: one JSON answer and one stream; prints each body in base64.
import { readFileSync } from 'node:fs';

for (const { url, headers, body } of JSON.parse(readFileSync(process.env.CLIENT_CALLS, 'utf8'))) {
  const answer = await fetch(url, { method: 'POST', headers, body });
  process.stdout.write(`${answer.status} ${Buffer.from(await answer.arrayBuffer()).toString('base64')}\n`);
}
