/** What the demo's "agents" say, shaped as the official SDKs shape it. Pure data. */
import { SAID } from './fake-anthropic.ts';
import type { FakeHost, Mishap } from './fake-providers.ts';

export interface DemoCall {
  /** For people. */
  title: string;
  host: FakeHost;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Readonly<Record<string, unknown>>;
  mishap?: Mishap;
}

const ANTHROPIC = {
  'content-type': 'application/json',
  'x-api-key': 'sk-ant-api03-demo-key-that-is-no-key',
  'anthropic-version': '2023-06-01',
  'user-agent': 'Anthropic/JS 1.11.0',
  'x-stainless-lang': 'js',
};
const OPENAI = {
  'content-type': 'application/json',
  authorization: 'Bearer sk-proj-demo-key-that-is-no-key',
  'user-agent': 'OpenAI/JS 6.49.0',
  'x-stainless-lang': 'js',
};
const GOOGLE = {
  'content-type': 'application/json',
  'x-goog-api-key': 'AIzaDemoKeyThatIsNoKey',
  'user-agent': 'google-genai-sdk/2.32.0 gl-node/v20.20.2',
  'x-goog-api-client': 'google-genai-sdk/2.32.0 gl-node/v20.20.2',
};

const SONNET = 'claude-sonnet-5';
const SYSTEM = [
  {
    type: 'text',
    text: 'You are a careful coding agent. Read before you write; run the tests before you say that you are done.',
    cache_control: { type: 'ephemeral' },
  },
];
const TOOLS = [
  {
    name: 'read_file',
    description: 'Read one file of the workspace',
    input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  },
];
const TASK = { role: 'user', content: 'The test in src/sum.test.ts fails. Find out why and fix it.' };
const TOOL_TURNS = [
  TASK,
  {
    role: 'assistant',
    content: [
      { type: 'text', text: SAID.first },
      { type: 'tool_use', id: SAID.tool, name: 'read_file', input: { path: 'src/sum.test.ts' } },
    ],
  },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: SAID.tool, content: 'expect(sum(2, 2)).toBe(5)' }],
  },
];

const LATER_TURNS = [
  ...TOOL_TURNS,
  { role: 'assistant', content: [{ type: 'text', text: SAID.done }] },
  { role: 'user', content: 'Write the reason into the commit message.' },
];

function messages(title: string, turns: readonly object[], extra: object = {}, mishap?: Mishap): DemoCall {
  const base = { model: SONNET, max_tokens: 4096, system: SYSTEM, tools: TOOLS, messages: turns, stream: true };
  const call = { title, host: 'api.anthropic.com', path: '/v1/messages', headers: ANTHROPIC } as const;
  return { ...call, body: { ...base, ...extra }, ...(mishap === undefined ? {} : { mishap }) };
}

function openai(title: string, path: string, body: Record<string, unknown>): DemoCall {
  return { title, host: 'api.openai.com', path, headers: OPENAI, body };
}

function google(title: string, path: string, text: string): DemoCall {
  const body = { contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { temperature: 0.4 } };
  return { title, host: 'generativelanguage.googleapis.com', path: `/v1beta/models/${path}`, headers: GOOGLE, body };
}

export const DEMO_CALLS: readonly DemoCall[] = [
  messages('coding agent: thinks, asks for a tool', [TASK], { thinking: { type: 'enabled', budget_tokens: 2048 } }),
  messages('coding agent: next turn, reads its cache', TOOL_TURNS),
  messages('coding agent: is told to slow down (429)', LATER_TURNS, {}, 'rate_limit'),
  messages('coding agent: its stream is cut in the middle', LATER_TURNS, {}, 'cut'),
  messages('small question, not streamed', [{ role: 'user', content: 'Name this branch.' }], {
    model: 'claude-haiku-4-5-20251001',
    stream: false,
    tools: [],
  }),
  openai('chat, streamed with usage', '/v1/chat/completions', {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
    stream: true,
    stream_options: { include_usage: true },
  }),
  openai('chat, not streamed', '/v1/chat/completions', {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'And since when?' }],
  }),
  openai('responses, streamed', '/v1/responses', {
    model: 'gpt-5-mini',
    input: 'What is the capital of France?',
    reasoning: { effort: 'low' },
    stream: true,
  }),
  openai('embedding', '/v1/embeddings', { model: 'text-embedding-3-small', input: 'capital of France' }),
  google(
    'ideas, streamed',
    'gemini-2.5-flash:streamGenerateContent?alt=sse',
    'Three ideas for a small device, please.',
  ),
  google('ideas, not streamed', 'gemini-2.5-flash:generateContent', 'One more, for a child.'),
];
