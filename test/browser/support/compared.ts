/** A daemon in compare mode: a provider that answers as it is told, and a server that gets the copies. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropicCall } from './anthropic.ts';
import { type Scripted, startScripted } from './scripted.ts';

export interface Compared {
  scripted: Scripted;
  stop: () => Promise<void>;
}

const ANSWERS = [
  {
    asked: 'What is the weather in Porto?',
    provider: [
      { type: 'text', text: 'I will look it up for you.' },
      { type: 'tool_use', id: 'toolu_one', name: 'get_weather', input: { city: 'Porto', days: 3, unit: 'celsius' } },
    ],
    copy: [
      { type: 'text', text: 'I will look that up.' },
      { type: 'tool_use', id: 'toolu_two', name: 'get_weather', input: { city: 'Porto', days: 5 } },
    ],
  },
  {
    asked: 'Say hello in three languages.',
    provider: [{ type: 'text', text: 'Hello, bonjour, 你好.' }],
    copy: [{ type: 'text', text: 'Hello, hola, مرحبا.' }],
  },
] as const;

/** Two pairs of answers, and a copy that failed; the newest last. */
export async function startCompared(): Promise<Compared> {
  const answered: string[] = [];
  const target = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const found = ANSWERS.find(({ asked }) => text.includes(asked));
      answered.push(text);
      response.writeHead(found === undefined ? 503 : 200, { 'content-type': 'application/json' });
      const failure = { type: 'error', error: { type: 'overloaded_error', message: 'the copy is not served' } };
      const usage = { input_tokens: 130, output_tokens: 44 };
      const said = {
        id: 'msg_copy',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: found?.copy,
        stop_reason: found?.copy.length === 2 ? 'tool_use' : 'end_turn',
        usage,
      };
      response.end(JSON.stringify(found === undefined ? failure : said));
    })();
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  const scripted = await startScripted(['--mode', 'compare', '--target-url', url, '--model', 'claude-haiku-4-5']);
  for (const { asked, provider } of ANSWERS) {
    await scripted.call(
      anthropicCall({ messages: [{ role: 'user', content: asked }], answer: [...provider], stream: false }),
    );
  }
  const failing = [{ role: 'user', content: 'This copy fails.' }];
  await scripted.call(anthropicCall({ messages: failing, answer: [{ type: 'text', text: 'Fine.' }], stream: false }));
  await untilCompared(scripted, 3);
  return {
    scripted,
    stop: async () => {
      await scripted.stop();
      target.closeAllConnections();
      target.close();
    },
  };
}

async function untilCompared(scripted: Scripted, count: number): Promise<void> {
  for (;;) {
    const { pairs } = await scripted.ask<{ pairs: { primary: unknown }[] }>('/api/compare');
    if (pairs.filter(({ primary }) => primary !== null).length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
