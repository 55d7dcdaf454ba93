// What the dashboard, the command line and people ask of the store, timed.
import { createWords, randomFrom } from './store-calls.mjs';
import { product } from './store-product.mjs';

const ASKED = 30;
/** Each filter four times in each of three ways. */
const ASKED_EACH = 12;
/** Many calls, few and none; what has a name, and what is a number. */
const FILTERS = `
model:sonnet
model:codestral
model:nothing-like-it
-model:sonnet
provider:openai
provider:nobody
operation:chat
operation:nothing
host:anthropic
host:nowhere
path:messages
path:nothing
status:429
status:404
-status:200
run:nothing
trace:nothing
task:nothing
id:call_m
customer:customer-0
customer:customer-131
customer:customer-13*
customer:nobody
tenant:nobody
section:nothing
agent:nobody
client:cursor
client:nobody
tool:grep
tool:nothing
stop:end_turn
stop:nothing
error:overloaded
error:nothing
cost:>0.05
cost:>50
cost:0
ttft:>600s
duration:>5s
duration:>600s
input:>100k
input:<3
output:>100k
is:error
is:aborted
is:estimated
is:unpriced
is:stream
is:retry
is:steered
is:copy
customer:customer-131 model:haiku
client:cursor status:429 tool:grep
`
  .trim()
  .split('\n');
const HOUR = 3_600_000;

/**
 * Milliseconds; `cpu` is the middle of what each took of the process, whatever else the machine did meanwhile.
 * @returns {Promise<{name: string, bar: number, p50: number, p95: number, cpu: number, partial: number, asked: number}[]>}
 */
export async function askAll({ db, since, until }) {
  const { Calls, Search, openDatabase, listCalls, sessionList, sessionView } = await product();
  const calls = new Calls(db);
  const search = new Search({ db });
  const database = openDatabase(db, { readOnly: true });
  const random = randomFrom(7);
  const time = (share) => new Date(since + share * (until - since)).toISOString();
  const ago = (hours) => new Date(until - hours * HOUR - Math.floor(random() * HOUR)).toISOString();
  const pick = (list) => list[Math.floor(random() * list.length)];
  const { words } = createWords(randomFrom(1));
  // Of the middle: what is measured first has made calls of its own at the end.
  const named = listCalls(database, { until: time(0.7) }, 500).calls.flatMap(({ session_id: id }) => id ?? []);
  const models = ['claude-sonnet-4-5-20250929', 'gpt-4o-mini-2024-07-18', 'deepseek-chat', 'codestral-2508'];
  const providers = ['anthropic', 'openai', 'google', 'mistral', 'deepseek'];
  const page = (filter) => calls.list({ limit: '50', ...filter });
  /** As people scroll: a page in the middle of the time, and the one behind it. */
  const deep = (filter) => {
    const first = page({ ...filter, until: time(0.2 + random() * 0.6) });
    return first.next_cursor === null ? first : page({ ...filter, cursor: first.next_cursor });
  };
  const find = (q) => search.find({ q, filter: {}, limit: 20, cursor: undefined });
  const results = [];
  const ask = (name, bar, question) => results.push(timed(name, bar, question));

  ask('overview: 30 days by day', 50, () => calls.stats({ since: ago(718), group: 'day' }));
  ask('overview: 7 days by hour', 50, () => calls.stats({ since: ago(167), group: 'hour' }));
  ask('overview: 24 hours by model', 50, () => calls.stats({ since: ago(23), group: 'model' }));
  ask('overview: 30 days by client', 50, () => calls.stats({ since: ago(718), group: 'client' }));
  ask('overview: 7 days by customer', 50, () => calls.stats({ since: ago(167), group: 'customer' }));
  ask('page: newest', 30, () => page({}));
  ask('page: provider', 30, () => page({ provider: pick(providers) }));
  ask('page: model', 30, () => page({ model: pick(models) }));
  ask('page: status 5xx', 30, () => page({ status: '5xx' }));
  ask('page: model and status 429', 30, () => page({ model: pick(models), status: '429' }));
  ask('page: session', 30, () => page({ session: pick(named) }));
  ask('page: since, until, provider', 30, () =>
    page({ since: time(0.4), until: time(0.5 + random() * 0.1), provider: pick(providers) }),
  );
  ask('page: status no call has', 30, () => page({ status: '404' }));
  ask('two deep pages: all', 30, () => deep({}));
  ask('two deep pages: provider and model', 30, () => deep({ provider: 'openai', model: 'gpt-4o-mini-2024-07-18' }));
  ask('two deep pages: model and status 5xx', 30, () => deep({ model: pick(models), status: '5xx' }));
  ask('page: cost:>0.1', 30, () => find('cost:>0.1'));
  ask('page: tool:grep', 30, () => find('tool:grep'));
  ask('page: tool:grep provider:openai cost:>0.05', 30, () => find('tool:grep provider:openai cost:>0.05'));
  ask('page: is:error model:sonnet', 30, () => find('is:error model:sonnet'));
  const tenth = () => {
    const from = 0.1 + random() * 0.7;
    return { since: time(from), until: time(from + 0.1) };
  };
  for (const q of FILTERS) {
    const ways = [() => page({ q: `${q} ` }), () => deep({ q: `${q} ` }), () => page({ q: `${q} `, ...tenth() })];
    let turn = 0;
    results.push(timed(`filter: ${q}`, 100, () => ways[turn++ % ways.length](), ASKED_EACH));
  }
  for (const q of ['model:nothing-like-it', 'customer:customer-131', 'duration:>600s', 'is:error'])
    ask(`search: ${q}`, 100, () => find(`${q} `));
  const facets = await facetsOf(calls);
  for (const q of ['', 'model:sonnet', 'model:nothing-like-it', 'customer:customer-131', 'duration:>600s'])
    results.push(await timedLater(`facets: ${q || 'all'}`, 100, () => facets({ q })));
  results.push(
    await timedLater('facets: client:cursor in a tenth of the time', 100, () =>
      facets({ q: 'client:cursor', ...tenth() }),
    ),
  );
  ask('overview: 30 days of a customer by day', 50, () =>
    calls.stats({ since: ago(718), customer: 'customer-0', group: 'day' }),
  );
  ask('overview: 30 days of a client by customer', 100, () =>
    calls.stats({ since: ago(718), client: 'cursor', group: 'customer' }),
  );
  ask('overview: 7 days of a client by customer', 100, () =>
    calls.stats({ since: ago(167), client: 'cursor', group: 'customer' }),
  );
  ask('overview: 30 days of a customer and a client by day', 100, () =>
    calls.stats({ since: ago(718), customer: 'customer-0', client: 'cursor', group: 'day' }),
  );
  ask('sessions: newest', 50, () => sessionList(database, {}));
  ask('session view', 50, () => sessionView(database, pick(named), {}));
  ask('one call', 30, () => calls.get(pick(listCalls(database, { until: time(random()) }, 5).calls).id));
  ask('search: common word', 100, () => find(words[Math.floor(random() * 20)]));
  ask('search: beginning of very many words', 100, () => find(pick(['ba', 'de', 'fi', 'go', 'lu', 'ma'])));
  ask('search: rare word', 100, () => find(words[words.length - 1 - Math.floor(random() * 20_000)]));
  ask('search: two common words', 100, () =>
    find(`${words[Math.floor(random() * 20)]} ${words[Math.floor(random() * 20)]}`),
  );
  ask('search: rare and common word', 100, () =>
    find(`${words[words.length - 1 - Math.floor(random() * 20_000)]} ${words[3]}`),
  );
  ask('search: common word, provider, last week', 100, () =>
    find(`${words[Math.floor(random() * 20)]} provider:openai since:7d`),
  );
  database.close();
  search.close();
  calls.close();
  return results;
}

/** The route itself: it has the time for which is counted. */
async function facetsOf(calls) {
  const { facetRoutes, Hono } = await product();
  const app = new Hono();
  facetRoutes(app, { calls, clock: { now: () => performance.now(), wall: () => Date.now() } });
  return async (query) => {
    const answer = await (await app.request(`/api/facets?${new URLSearchParams(query)}`)).json();
    return { ...answer, partial: !answer.complete };
  };
}

function timed(name, bar, question, asked = ASKED) {
  const times = [];
  const cpu = [];
  let partial = 0;
  for (let count = 0; count < asked; count += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    const answer = question();
    JSON.stringify(answer);
    times.push(performance.now() - start);
    cpu.push(cpuSince(before));
    if (answer.partial === true) partial += 1;
  }
  return result({ name, bar, times, cpu, partial });
}

async function timedLater(name, bar, question) {
  const times = [];
  const cpu = [];
  let partial = 0;
  for (let count = 0; count < ASKED_EACH; count += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    if ((await question()).partial) partial += 1;
    times.push(performance.now() - start);
    cpu.push(cpuSince(before));
  }
  return result({ name, bar, times, cpu, partial });
}

function cpuSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function result({ name, bar, times, cpu, partial }) {
  const at = (share, list = times) =>
    list.toSorted((one, other) => one - other)[Math.min(list.length - 1, Math.floor(share * list.length))];
  return { name, bar, p50: at(0.5), p95: at(0.95), cpu: at(0.5, cpu), partial, asked: times.length };
}
