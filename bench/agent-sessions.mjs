// Coding agents at work, made up: sessions of many turns whose history grows, with tools, pictures, cache marks that
// move, sub-agents and compactions, in the forms of Anthropic, OpenAI chat and OpenAI responses. The same seed gives the
// same bytes. `node bench/agent-sessions.mjs` stores a few of them and says what that takes.
import { pathToFileURL } from 'node:url';

const WORDS = 6000;
const ANTHROPIC = { host: 'api.anthropic.com', provider: 'anthropic', path: '/v1/messages?beta=true' };
const CHAT = { host: 'api.openai.com', provider: 'openai', path: '/v1/chat/completions' };
const RESPONSES = { host: 'api.openai.com', provider: 'openai', path: '/v1/responses' };

/** mulberry32: a small generator that is good enough for made-up text. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = 'ba co de fi ga ho in ju ka lo me no pa re si ta un ve wi xo ya ze tion ment able er ing'.split(' ');
const vocabulary = (() => {
  const random = randomOf(7);
  return Array.from({ length: WORDS }, () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join(
      '',
    ),
  );
})();

/** Words with the frequencies of a language: the n-th is used as often as 1/n. */
export function textOf(random, words) {
  const list = [];
  for (let count = 0; count < words; count += 1) {
    const word = vocabulary[Math.floor(WORDS ** random())];
    list.push(count % 11 === 10 ? `${word}.` : word);
  }
  return list.join(' ');
}

/** Lines as in a source file. */
export function codeOf(random, lines) {
  const word = () => vocabulary[Math.floor(WORDS ** random())];
  return Array.from({ length: lines }, (_, index) => {
    const indent = '  '.repeat(Math.floor(random() * 4));
    const form = Math.floor(random() * 5);
    const number = `${String(index + 1).padStart(5)}→`;
    if (form === 0)
      return `${number}${indent}const ${word()}${word()} = await ${word()}.${word()}("${word()}", ${index});`;
    if (form === 1) return `${number}${indent}if (${word()}.${word()} === null) return { ${word()}: ${word()} };`;
    if (form === 2) return `${number}${indent}// ${textOf(random, 8)}`;
    if (form === 3) return `${number}${indent}export function ${word()}(${word()}: string): ${word()} {`;
    return `${number}${indent}}`;
  }).join('\n');
}

function pictureOf(random, bytes) {
  const picture = Buffer.alloc(bytes);
  picture.write('\u0089PNG\r\n\u001a\n', 'latin1');
  for (let at = 8; at < bytes; at += 1) picture[at] = Math.floor(random() * 256);
  return picture.toString('base64');
}

const hexOf = (random, length) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');

function toolsOf(random) {
  return Array.from({ length: 18 }, (_, index) => ({
    name: ['Read', 'Write', 'Edit', 'Bash', 'Grep', 'Glob', 'Task', 'WebFetch'][index] ?? `mcp__server__tool${index}`,
    description: textOf(random, 60 + Math.floor(random() * 300)),
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 2 + (index % 4) }, (__, place) => [
          `${vocabulary[index * 10 + place]}`,
          { type: 'string', description: textOf(random, 14) },
        ]),
      ),
      required: [vocabulary[index * 10]],
      additionalProperties: false,
    },
  }));
}

/**
 * One session after the other, call by call, in the order in which a proxy sees them.
 * @param options seed, sessions, turns (calls of each main session), forms, pictures, subAgents, compactAt (turn)
 * @yields {{form, host, provider, path, session, parent, turn, requestHead, request, responseHead, response, stream}}
 *   heads as on the wire, bodies without transfer coding
 */
export function* agentSessions(options = {}) {
  const { seed = 1, sessions = 3, turns = 200, forms = ['anthropic', 'openai-chat', 'openai-responses'] } = options;
  for (let index = 0; index < sessions; index += 1) {
    const random = randomOf(seed * 1000 + index);
    const form = forms[index % forms.length];
    const agent = { random, form, tools: toolsOf(randomOf(seed)), system: textOf(randomOf(seed + 1), 2200) };
    yield* conversation(agent, { turns, id: uuidOf(random), parent: null, options, first: null });
  }
}

function uuidOf(random) {
  return `${hexOf(random, 8)}-${hexOf(random, 4)}-4${hexOf(random, 3)}-a${hexOf(random, 3)}-${hexOf(random, 12)}`;
}

function* conversation(agent, { turns, id, parent, options, first }) {
  const { random } = agent;
  const { pictures = true, subAgents = true, compactAt = 150 } = options;
  let history = [{ who: 'user', text: first ?? textOf(random, 40) }];
  for (let turn = 1; turn <= turns; turn += 1) {
    if (turn === compactAt && parent === null) {
      history = [{ who: 'user', text: `This session goes on from an earlier one. Summary: ${textOf(random, 900)}` }];
    }
    const isLast = turn === turns;
    const answer = answerOf(agent, turn, isLast, subAgents && parent === null && turn % 45 === 20);
    yield callOf(agent, { history, answer, turn, id, parent });
    history = [...history, answer];
    for (const use of answer.uses) {
      if (use.name === 'Task') {
        const child = { turns: 8, id: uuidOf(random), parent: id, options, first: use.input.prompt };
        yield* conversation(agent, child);
      }
    }
    if (isLast) return;
    if (answer.uses.length === 0) history.push({ who: 'user', text: textOf(random, 30) });
    else history.push(resultOf(agent, answer, turn, pictures));
  }
}

function answerOf({ random }, turn, isLast, delegates) {
  const uses = [];
  const count = isLast || turn % 14 === 0 ? 0 : 1 + Math.floor(random() * 1.4);
  for (let index = 0; index < count; index += 1) {
    const path = `/home/dev/project/src/${vocabulary[Math.floor(random() * WORDS)]}.ts`;
    uses.push({ id: `toolu_01${hexOf(random, 22)}`, name: 'Read', input: { file_path: path, limit: 200 } });
  }
  if (delegates) uses.push({ id: `toolu_01${hexOf(random, 22)}`, name: 'Task', input: { prompt: textOf(random, 60) } });
  const isEdit = random() < 0.25 && count > 0;
  if (isEdit)
    uses[0] = { ...uses[0], name: 'Edit', input: { ...uses[0].input, old: codeOf(random, 6), new: codeOf(random, 9) } };
  return { who: 'assistant', text: textOf(random, 10 + Math.floor(random() * (count === 0 ? 200 : 50))), uses };
}

function resultOf({ random }, answer, turn, pictures) {
  const results = answer.uses.map(({ id, name }, index) => ({
    id,
    text:
      name === 'Edit'
        ? `The file was changed. ${codeOf(random, 10)}`
        : codeOf(random, 20 + Math.floor(random() ** 2 * 130)),
    picture:
      pictures && index === 0 && turn % 30 === 10 ? pictureOf(random, 40_000 + Math.floor(random() * 60_000)) : null,
  }));
  return { who: 'tool', results };
}

function callOf(agent, call) {
  const form = { anthropic, 'openai-chat': chat, 'openai-responses': responses }[agent.form](agent, call);
  const request = Buffer.from(JSON.stringify(form.body));
  const { random } = agent;
  const requestHead = head(`POST ${form.path} HTTP/1.1`, [
    ['Host', form.host],
    ['Accept', 'application/json'],
    ['Content-Type', 'application/json'],
    ['User-Agent', form.userAgent],
    ['X-Stainless-Lang', 'js'],
    ['X-Stainless-Package-Version', '0.60.0'],
    ['X-Stainless-OS', 'Linux'],
    ['X-Stainless-Runtime', 'node'],
    ['X-Stainless-Retry-Count', '0'],
    ...form.headers,
    ['Content-Length', String(request.length)],
  ]);
  const responseHead = head('HTTP/1.1 200 OK', [
    ['Date', 'Sat, 21 Nov 2026 10:00:00 GMT'],
    ['Content-Type', 'text/event-stream; charset=utf-8'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'keep-alive'],
    ['Cache-Control', 'no-cache'],
    ['x-ratelimit-remaining-requests', String(Math.floor(random() * 4000))],
    ['x-ratelimit-remaining-tokens', String(Math.floor(random() * 400_000))],
    ['x-ratelimit-reset-tokens', `${Math.floor(random() * 60)}ms`],
    ['request-id', `req_011${hexOf(random, 20)}`],
    ['strict-transport-security', 'max-age=31536000; includeSubDomains; preload'],
    ['Server', 'cloudflare'],
    ['CF-RAY', `${hexOf(random, 16)}-FRA`],
  ]);
  const response = Buffer.from(
    form.events
      .map(
        ([name, data]) =>
          `${name === '' ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
      )
      .join(''),
  );
  const { host, provider, path } = form;
  return {
    form: agent.form,
    host,
    provider,
    path,
    session: call.id,
    parent: call.parent,
    turn: call.turn,
    requestHead,
    request,
    responseHead,
    response,
    stream: true,
  };
}

function head(startLine, headers) {
  return Buffer.from(`${startLine}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
}

/** Text as models give it: a few characters at a time. */
function deltasOf(text) {
  return text.match(/.{1,24}/gs) ?? [];
}

const MARK = { cache_control: { type: 'ephemeral' } };

function anthropic({ random, tools, system }, { history, answer, id, parent }) {
  const messages = history.map(anthropicMessage);
  // The mark stands at the end of the last two turns of the user, and moves with them.
  const users = messages.filter(({ role }) => role === 'user').slice(-2);
  for (const message of users) Object.assign(message.content.at(-1), MARK);
  const agent = parent === null ? [] : [['x-claude-code-agent-id', id]];
  return {
    ...ANTHROPIC,
    userAgent: 'claude-cli/2.1.3 (external, cli)',
    headers: [
      ['anthropic-version', '2023-06-01'],
      ['anthropic-beta', 'claude-code-20250219,interleaved-thinking-2025-05-14'],
      ['x-app', 'cli'],
      ['X-Api-Key', `sk-ant-api03-${'A1b2'.repeat(20)}`],
      ['X-Claude-Code-Session-Id', parent ?? id],
      ...agent,
    ],
    body: {
      model: 'claude-sonnet-4-5-20250929',
      messages,
      system: [
        { type: 'text', text: 'You are Claude Code.', ...MARK },
        { type: 'text', text: system, ...MARK },
      ],
      tools: tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
      metadata: { user_id: `user_${'ab12'.repeat(16)}_account__session_${parent ?? id}` },
      max_tokens: 32_000,
      stream: true,
    },
    events: anthropicEvents(random, answer, history.length),
  };
}

function anthropicMessage({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    return {
      role: 'user',
      content: results.map((result) => ({
        tool_use_id: result.id,
        type: 'tool_result',
        content:
          result.picture === null
            ? result.text
            : [
                { type: 'text', text: result.text },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: result.picture } },
              ],
      })),
    };
  }
  const calls = uses.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }));
  return { role: who, content: [{ type: 'text', text }, ...calls] };
}

function anthropicEvents(random, { text, uses }, length) {
  const usage = {
    input_tokens: 4,
    cache_read_input_tokens: length * 900,
    cache_creation_input_tokens: 1500,
    output_tokens: 1,
  };
  const message = {
    id: `msg_01${hexOf(random, 22)}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    usage,
  };
  const events = [
    ['message_start', { type: 'message_start', message }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
    ...deltasOf(text).map((piece) => [
      'content_block_delta',
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } },
    ]),
    ['content_block_stop', { type: 'content_block_stop', index: 0 }],
  ];
  for (const [place, { id, name, input }] of uses.entries()) {
    const index = place + 1;
    events.push(
      [
        'content_block_start',
        { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } },
      ],
      ...deltasOf(JSON.stringify(input)).map((piece) => [
        'content_block_delta',
        { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: piece } },
      ]),
      ['content_block_stop', { type: 'content_block_stop', index }],
    );
  }
  const stop = uses.length === 0 ? 'end_turn' : 'tool_use';
  events.push(
    [
      'message_delta',
      {
        type: 'message_delta',
        delta: { stop_reason: stop, stop_sequence: null },
        usage: { output_tokens: Math.ceil(text.length / 4) },
      },
    ],
    ['message_stop', { type: 'message_stop' }],
  );
  return events;
}

const OPENAI_HEADERS = [['Authorization', `Bearer sk-proj-${'Z9y8'.repeat(20)}`]];

function chat({ random, tools, system }, { history, answer }) {
  const id = `chatcmpl-${hexOf(random, 24)}`;
  const chunk = (delta, finish, usage = null) => [
    '',
    {
      id,
      object: 'chat.completion.chunk',
      created: 1_795_000_000,
      model: 'gpt-5',
      choices: finish === undefined ? [] : [{ index: 0, delta, finish_reason: finish }],
      usage,
    },
  ];
  const calls = answer.uses.flatMap(({ id: callId, name, input }, index) => [
    chunk({ tool_calls: [{ index, id: callId, type: 'function', function: { name, arguments: '' } }] }, null),
    ...deltasOf(JSON.stringify(input)).map((piece) =>
      chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, null),
    ),
  ]);
  const usage = {
    prompt_tokens: history.length * 900,
    completion_tokens: Math.ceil(answer.text.length / 4),
    total_tokens: history.length * 900 + Math.ceil(answer.text.length / 4),
  };
  return {
    ...CHAT,
    userAgent: 'OpenAI/JS 6.10.0',
    headers: OPENAI_HEADERS,
    body: {
      model: 'gpt-5',
      messages: [{ role: 'system', content: system }, ...history.flatMap(chatMessages)],
      tools: tools.map((tool) => ({ type: 'function', function: tool })),
      stream: true,
      stream_options: { include_usage: true },
    },
    events: [
      chunk({ role: 'assistant', content: '' }, null),
      ...deltasOf(answer.text).map((piece) => chunk({ content: piece }, null)),
      ...calls,
      chunk({}, answer.uses.length === 0 ? 'stop' : 'tool_calls'),
      chunk({}, undefined, usage),
      ['', '[DONE]'],
    ],
  };
}

function chatMessages({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    const pictures = results.filter(({ picture }) => picture !== null);
    return [
      ...results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text })),
      ...pictures.map(({ picture }) => ({
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }],
      })),
    ];
  }
  if (uses.length === 0) return [{ role: who, content: text }];
  const calls = uses.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
  return [{ role: who, content: text, tool_calls: calls }];
}

function responses({ random, tools, system }, { history, answer, id }) {
  const responseId = `resp_${hexOf(random, 48)}`;
  const itemId = `msg_${hexOf(random, 48)}`;
  const usage = {
    input_tokens: history.length * 900,
    input_tokens_details: { cached_tokens: history.length * 850 },
    output_tokens: Math.ceil(answer.text.length / 4),
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: history.length * 900 + Math.ceil(answer.text.length / 4),
  };
  const response = {
    id: responseId,
    object: 'response',
    created_at: 1_795_000_000,
    status: 'in_progress',
    model: 'gpt-5-codex',
    output: [],
  };
  let sequence = 0;
  const event = (type, data) => [type, { type, sequence_number: (sequence += 1), ...data }];
  const output = [
    {
      id: itemId,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: answer.text, annotations: [] }],
    },
    ...answer.uses.map((use) => ({
      id: `fc_${use.id}`,
      type: 'function_call',
      call_id: use.id,
      name: use.name,
      arguments: JSON.stringify(use.input),
    })),
  ];
  return {
    ...RESPONSES,
    userAgent: 'codex_cli_rs/0.60.0 (Linux; x86_64)',
    headers: [...OPENAI_HEADERS, ['session_id', id], ['originator', 'codex_cli_rs']],
    body: {
      model: 'gpt-5-codex',
      instructions: system,
      input: history.flatMap(responseItems),
      tools: tools.map((tool) => ({ type: 'function', ...tool, strict: false })),
      store: false,
      stream: true,
      prompt_cache_key: id,
    },
    events: [
      event('response.created', { response }),
      event('response.output_item.added', {
        output_index: 0,
        item: { ...output[0], content: [], status: 'in_progress' },
      }),
      ...deltasOf(answer.text).map((delta) =>
        event('response.output_text.delta', { item_id: itemId, output_index: 0, content_index: 0, delta }),
      ),
      ...output.map((item, index) => event('response.output_item.done', { output_index: index, item })),
      event('response.completed', { response: { ...response, status: 'completed', output, usage } }),
    ],
  };
}

function responseItems({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    return results.map(({ id, text: output, picture }) => ({
      type: 'function_call_output',
      call_id: id,
      output:
        picture === null
          ? output
          : [
              { type: 'input_text', text: output },
              { type: 'input_image', image_url: `data:image/png;base64,${picture}` },
            ],
    }));
  }
  const type = who === 'user' ? 'input_text' : 'output_text';
  return [
    { type: 'message', role: who, content: [{ type, text }] },
    ...uses.map(({ id, name, input }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  // Not awaited here: the report imports this file, which must be done by then.
  void import('./session-report.mjs').then(({ reportSessions }) => reportSessions());
}
