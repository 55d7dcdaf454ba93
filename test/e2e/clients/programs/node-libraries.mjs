// HTTP libraries that bring agents or proxy handling of their own; they live in the cache folder, not in this package.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.CLIENT_MODULES, 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const [call] = JSON.parse(readFileSync(process.env.CLIENT_CALLS, 'utf8'));
const say = (status, body) => process.stdout.write(`${status} ${Buffer.from(body).toString('base64')}\n`);

switch (process.env.CLIENT_LIBRARY) {
  case 'axios': {
    const { default: axios } = await load('axios');
    const options = { headers: call.headers, responseType: 'arraybuffer' };
    const answer = await axios.post(call.url, call.body, options);
    say(answer.status, answer.data);
    break;
  }
  case 'node-fetch': {
    const { default: fetch } = await load('node-fetch');
    const answer = await fetch(call.url, { method: 'POST', headers: call.headers, body: call.body });
    say(answer.status, await answer.arrayBuffer());
    break;
  }
  case 'openai@4': {
    const { default: OpenAI } = await load('openai');
    const client = new OpenAI({ apiKey: 'sk-proj-test', maxRetries: 0 });
    const answer = await client.chat.completions.create(JSON.parse(call.body)).asResponse();
    say(answer.status, await answer.text());
    break;
  }
  default:
    throw new Error('which library?');
}
