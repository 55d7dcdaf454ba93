// Coding agents at work, made up: sessions of many turns whose history grows, with tools, pictures, cache marks that
// move, sub-agents and compactions, in the forms of Anthropic, OpenAI chat and OpenAI responses. The same seed gives the
// same bytes. `node bench/agent-sessions.mjs` stores a few of them and says what that takes.
import { pathToFileURL } from 'node:url';

import { anthropic, chat, responses } from './agent-forms.mjs';
import { codeOf, hexOf, pictureOf, randomOf, textOf, toolsOf, vocabulary, WORDS } from './agent-text.mjs';

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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  // Not awaited here: the report imports this file, which must be done by then.
  void import('./session-report.mjs').then(({ reportSessions }) => reportSessions());
}
