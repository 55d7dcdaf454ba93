import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { anthropicCall } from './support/anthropic.ts';
import { startScripted } from './support/scripted.ts';

const PNG = readFileSync('/tmp/u2/picture.png').toString('base64');
const text = (t: string) => ({ type: 'text', text: t });
const SYSTEM = `You are a coding agent.\n\n# Rules\n${'Answer briefly, and never guess what a file holds: read it first. '.repeat(180)}`;
const tools = ['Bash', 'Read', 'Edit', 'Grep', 'Glob', 'WebFetch', 'Task'].map((name) => ({
  name,
  description: `Runs ${name}.\n\n${'It takes what it is given and gives what was asked for. '.repeat(12)}`,
  input_schema: {
    type: 'object',
    properties: { file_path: { type: 'string', description: 'An absolute path' }, command: { type: 'string' } },
    required: ['file_path'],
  },
}));
const MD = `## What I found\n\nThe build fails in **\`src/net/relay.ts\`**, line 214: a promise is not awaited.\n\n1. \`relay()\` returns before the socket is drained\n2. the test closes it\n   - which is *too early*\n\n\`\`\`typescript\nexport async function relay(socket: Socket): Promise<void> {\n  // wait until it is drained\n  await drained(socket); // 12 ms\n  return "done";\n}\n\`\`\`\n\n| file | lines | share |\n|---|---:|---:|\n| relay.ts | 214 | 61 % |\n| tap.ts | 88 | 25 % |\n\n> A quote, with a [link to the docs](https://docs.example.com/relay?x=1) and https://example.com.\n\n![a picture](https://evil.example/pixel.png)\n\n<script>alert(1)</script> and <b>bold</b>.\n\nمرحبا بالعالم، هذا نص عربي مع code داخل السطر.\n\n你好,世界。這是一段中文文字。`;

it('waits', { timeout: 3_000_000 }, async () => {
  const s = await startScripted();
  const session = '0f7d8c1e-5a52-4b6f-9a8e-3d1b2c4d5e6f';
  const history: any[] = [
    {
      role: 'user',
      content: [
        text('<system-reminder>\nToday is a good day.\n</system-reminder>'),
        text('The build fails on my machine. Find out why, and fix it.\n\nHere is what I see:'),
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
      ],
    },
  ];
  const turn = async (answer: any[], results: any[], usage: any, more: any = {}) => {
    await s.call(
      anthropicCall({ system: SYSTEM, tools, session, messages: history, answer, usage, think: 60, ...more }),
    );
    history.push({ role: 'assistant', content: answer });
    if (results.length) history.push({ role: 'user', content: results });
    await new Promise((r) => setTimeout(r, 150));
  };
  await turn(
    [
      {
        type: 'thinking',
        thinking: 'The user has a failing build. I should look at the log first.\n\nThen decide.',
        signature: 'x',
      },
      text('I look at the log first.'),
      {
        type: 'tool_use',
        id: 'toolu_1',
        name: 'Bash',
        input: { command: 'npm run build 2>&1 | tail -40', description: 'Runs the build' },
      },
      {
        type: 'tool_use',
        id: 'toolu_2',
        name: 'Read',
        input: { file_path: '/home/dev/project/src/net/relay.ts', limit: 200 },
      },
    ],
    [
      {
        type: 'tool_result',
        tool_use_id: 'toolu_1',
        is_error: true,
        content:
          'Error: Command failed with exit code 2\n\u001b[31msrc/net/relay.ts(214,3): error TS1308\u001b[0m: await is only allowed in async functions',
      },
      {
        type: 'tool_result',
        tool_use_id: 'toolu_2',
        content: Array.from(
          { length: 220 },
          (_, i) => `${i + 1}\tconst line${i} = compute(${i}); // ${'x'.repeat(i % 40)}`,
        ).join('\n'),
      },
    ],
    { input_tokens: 3200, cache_creation_input_tokens: 9100, output_tokens: 312 },
  );
  await turn(
    [
      text('It is the `await` in line 214. I look where it is used.'),
      { type: 'tool_use', id: 'toolu_3', name: 'Grep', input: { pattern: 'relay\\(', path: 'src' } },
    ],
    [
      {
        type: 'tool_result',
        tool_use_id: 'toolu_3',
        content: [
          text('src/net/front-door.ts:88: relay(socket)\nsrc/net/intercept.ts:31: await relay(socket)'),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        ],
      },
    ],
    { input_tokens: 2200, cache_read_input_tokens: 9100, cache_creation_input_tokens: 1400, output_tokens: 122 },
  );
  await turn(
    [
      text('Now I change it.'),
      {
        type: 'tool_use',
        id: 'toolu_4',
        name: 'Edit',
        input: {
          file_path: 'src/net/relay.ts',
          old_string: 'function relay(socket) {\n  await drained(socket);\n}',
          new_string: 'async function relay(socket) {\n  await drained(socket);\n}',
          replace_all: false,
        },
      },
    ],
    [{ type: 'tool_result', tool_use_id: 'toolu_4', content: 'The file was changed.' }],
    { input_tokens: 800, cache_read_input_tokens: 10500, cache_creation_input_tokens: 2600, output_tokens: 98 },
  );
  await turn([text(MD)], [text('Thanks. And the tests?')], {
    input_tokens: 400,
    cache_read_input_tokens: 13100,
    cache_creation_input_tokens: 300,
    output_tokens: 640,
  });
  // The system prompt changes: the cache is missed.
  await turn(
    [
      { type: 'thinking', thinking: 'Run them.' },
      text('I run the tests.'),
      { type: 'tool_use', id: 'toolu_5', name: 'Bash', input: { command: 'npm test' } },
    ],
    [],
    { input_tokens: 15200, cache_read_input_tokens: 0, cache_creation_input_tokens: 300, output_tokens: 64 },
    {
      system: SYSTEM.replace('coding agent', 'careful coding agent'),
      tools: [
        ...tools.slice(0, 5),
        { ...tools[5], description: 'Fetches a page.' },
        { name: 'WebSearch', description: 'Searches.', input_schema: { type: 'object' } },
      ],
      more: { temperature: 0.2 },
    },
  );
  // Others
  await s.call(
    anthropicCall({
      model: `a-model-with-a-very-long-name-${'x'.repeat(270)}`,
      messages: [{ role: 'user', content: 'Hello' }],
      answer: [text('Hi there.')],
    }),
  );
  await s.call({
    path: '/anthropic/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    body: { model: 'claude-sonnet-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'Too much' }] },
    reply: {
      status: 429,
      body: [
        JSON.stringify({
          type: 'error',
          error: {
            type: 'rate_limit_error',
            message: 'Number of request tokens has exceeded your per-minute rate limit',
          },
        }),
      ],
    },
  });
  await s.call({
    path: '/openai/v1/chat/completions',
    body: {
      model: 'gpt-5',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '1+1?' },
      ],
    },
    reply: {
      body: [
        JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion',
          model: 'gpt-5-2025-08-07',
          choices: [{ index: 0, message: { role: 'assistant', content: '2' }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: 21,
            completion_tokens: 75,
            total_tokens: 96,
            completion_tokens_details: { reasoning_tokens: 64 },
          },
        }),
      ],
    },
  });
  await s.call({
    path: '/openai/v1/embeddings',
    body: { model: 'text-embedding-3-small', input: ['one', 'two'] },
    reply: {
      body: [
        JSON.stringify({
          object: 'list',
          model: 'text-embedding-3-small',
          data: [{ index: 0, embedding: [0.1] }],
          usage: { prompt_tokens: 8, total_tokens: 8 },
        }),
      ],
    },
  });
  await s
    .call({
      ...anthropicCall({
        messages: [{ role: 'user', content: 'Write a long story about a proxy.' }],
        answer: [text('Once upon a time '.repeat(40))],
      }),
      reply: {
        headers: { 'content-type': 'text/event-stream' },
        cut: true,
        body: anthropicCall({
          messages: [],
          answer: [text('Once upon a time there was a proxy. '.repeat(40))],
        }).reply.body.slice(0, 12),
      },
    })
    .catch(() => 0);
  // 5 MB
  const big: any[] = [];
  for (let i = 0; i < 400; i++) {
    big.push({
      role: i % 2 ? 'assistant' : 'user',
      content: [text(`Message ${i}\n\n${'lorem ipsum dolor sit amet, consectetur. '.repeat(310)}`)],
    });
  }
  big.push({ role: 'user', content: [text('And now, in one word?')] });
  await s.call(
    anthropicCall({ system: SYSTEM, tools, messages: big, answer: [text('Yes.')], usage: { input_tokens: 1_300_000 } }),
  );
  await s.call(
    anthropicCall({
      messages: [
        {
          role: 'user',
          content: [
            text(`One long text\n${'a line of text that goes on for a while, and then some\n'.repeat(40_000)}`),
          ],
        },
      ],
      answer: [text('Long.')],
      usage: { input_tokens: 500_000 },
    }),
  );
  await s.stored(12);
  writeFileSync(
    '/tmp/u2/daemon.json',
    JSON.stringify({
      adminUrl: s.daemon.adminUrl,
      token: s.daemon.token,
      proxyUrl: s.daemon.proxyUrl,
      home: s.daemon.home,
    }),
  );
  rmSync('/tmp/u2/stop', { force: true });
  while (!existsSync('/tmp/u2/stop')) await new Promise((r) => setTimeout(r, 300));
  await s.stop();
});
