// node bench/dashboard.mjs --home DIR [--rate 500] [--seconds 15] [--hold 60] [--script-minutes 2] [--only-script] [--json]
// The list of calls in a real Chromium, over a database of many calls (npm run bench -- store --only none --home DIR makes
// one), while calls end: how soon rows are there, how smoothly it scrolls, what it holds after a while. A small server
// stands in front of the daemon and answers /api/live with calls of its own making. In the end a reader who never rests
// walks all screens (dashboard-script.mjs): in two minutes about as far as a person in an hour; 60 are the hour itself.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { readFlags } from './flags.mjs';
import { walkFor } from './dashboard-script.mjs';

const flags = readFlags(import.meta.url, {
  options: {
    home: { type: 'string' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '15' },
    hold: { type: 'string', default: '60' },
    'script-minutes': { type: 'string', default: '2' },
    'only-script': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (flags.home === undefined)
  throw new Error('--home: a folder that "npm run bench -- store --only none --home DIR" made');
const rate = Number(flags.rate);
const seconds = Number(flags.seconds);
const hold = Number(flags.hold);
const root = join(import.meta.dirname, '..');
/** Of the wait for an answer. */
const LIMIT_MS = 10_000;
const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const state = mkdtempSync(join(tmpdir(), 'llm-proxy-bench-'));
const daemon = await startDaemon(flags.home);
const front = await startFront(daemon);
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
try {
  const results = { ...(flags['only-script'] ? {} : await measure()), ...(await script()) };
  if (flags.json) console.log(JSON.stringify(results));
  else for (const [name, value] of Object.entries(results)) console.log(`${name.padEnd(44)} ${value}`);
} finally {
  await browser.close();
  front.close();
  daemon.child.kill();
  rmSync(state, { recursive: true, force: true });
}

async function startDaemon(home) {
  const file = join(home, 'run', 'daemon.json');
  rmSync(file, { force: true });
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'cli.js'), 'start', '--home', home, '--port', '0', '--admin-port', '0'],
    { stdio: 'ignore', env: { ...process.env, XDG_STATE_HOME: state } },
  );
  while (!existsSync(file)) await pause(50);
  const { admin_url: url } = JSON.parse(readFileSync(file, 'utf8'));
  const token = readFileSync(join(home, 'run', 'admin-token'), 'utf8').trim();
  return { child, url, token };
}

/** As the daemon answers, but for the feed: `rate` calls end in a second while `live.on`. */
async function startFront({ url, token }) {
  const live = { on: false, sent: 0, clients: new Set() };
  const [pattern] = (await ask(url, token, '/api/calls?limit=1')).calls;
  const server = createServer((incoming, outgoing) => {
    if (incoming.url.startsWith('/api/live')) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write(': bench\n\n');
      live.clients.add(outgoing);
      outgoing.on('close', () => live.clients.delete(outgoing));
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    const asked = request(url + incoming.url, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += live.on ? ((now - last) / 1000) * rate : 0;
    last = now;
    let text = '';
    for (; owed >= 1; owed -= 1) text += eventOf(pattern, (live.sent += 1));
    if (text !== '') for (const client of live.clients) client.write(text);
  }, 10);
  return {
    live,
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      clearInterval(timer);
      for (const client of live.clients) client.destroy();
      server.close();
    },
  };
}

function eventOf(pattern, number) {
  const call = {
    ...pattern,
    id: `call_bench${String(number).padStart(12, '0')}`,
    started_at: new Date().toISOString(),
  };
  return `event: call\nid: ${number}\ndata: ${JSON.stringify(call)}\n\n`;
}

async function signedIn() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  const { url } = await ask(daemon.url, daemon.token, '/api/login-codes', 'POST');
  await page.goto(front.url + new URL(url).pathname + new URL(url).search);
  return { context, page, complaints };
}

function tell({ minute, mb, nodes, listeners, steps }) {
  console.error(`minute ${minute}: ${mb} MB, ${nodes} nodes, ${listeners} listeners, ${steps} steps`);
}

async function script() {
  const minutes = Number(flags['script-minutes']);
  if (minutes === 0) return {};
  const { calls } = await ask(daemon.url, daemon.token, '/api/calls?limit=200');
  const { sessions } = await ask(daemon.url, daemon.token, '/api/sessions?limit=20');
  const ids = { calls: calls.map(({ id }) => id), sessions: sessions.map(({ id }) => id) };
  const { context, page, complaints } = await signedIn();
  front.live.on = true;
  const { heaps, steps, slope } = await walkFor(minutes, { page, context, ids, tell });
  front.live.on = false;
  await context.close();
  return {
    [`script, ${minutes} min, ${rate} calls/s`]: `${steps} steps, ${front.live.sent} events`,
    'script, heap after each minute': `${heaps.map(({ mb }) => mb).join(' ')} MB, ${slope} MB a minute`,
    'script, nodes first and last': `${heaps[0].nodes} ${heaps.at(-1).nodes}`,
    'script, complaints': complaints.length === 0 ? 'none' : complaints.join('; '),
  };
}

async function measure() {
  const { context, page, complaints } = await signedIn();
  await page.addInitScript(watchRows);
  const first = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await page.goto('about:blank');
    await page.goto(`${front.url}/#/calls?range=all`);
    await page.waitForFunction(() => globalThis.firstRow > 0);
    first.push(await page.evaluate(() => globalThis.firstRow));
  }
  const filters = {};
  for (const filter of [
    'provider:openai',
    'status:>=400',
    'cost:>0.05',
    'tool:bash',
    'model:nothing-like-it',
    'customer:customer-7',
    'is:error client:cursor',
    'ba',
    'zuka rose',
    'wordthatisnot',
  ]) {
    filters[`filter ${filter}`] = `${await filterTime(page, filter)} ms`;
  }
  await page.goto('about:blank');
  await page.goto(`${front.url}/#/calls?range=all`);
  await page.waitForFunction(() => globalThis.firstRow > 0);
  front.live.on = true;
  const atTop = await frames(page, seconds / 3, 'stay');
  const scrolling = await frames(page, seconds, 'scroll');
  const heapSoon = await heap(context, page);
  await frames(page, hold, 'walk');
  const heapLate = await heap(context, page);
  front.live.on = false;
  const loaded = await page.locator('[role=row]').last().getAttribute('aria-rowindex');
  return {
    'first rows (best, worst of 3)': `${Math.round(Math.min(...first))} ms, ${Math.round(Math.max(...first))} ms`,
    ...filters,
    [`at the top, ${rate} calls/s`]: words(atTop),
    [`scrolling, ${rate} calls/s`]: words(scrolling),
    'heap then': `${heapSoon} MB`,
    [`heap after ${hold} s more of scrolling both ways`]: `${heapLate} MB`,
    'rows gone through': loaded,
    'events sent': front.live.sent,
    complaints: complaints.length === 0 ? 'none' : complaints.join('; '),
  };
}

/** Notes, from the beginning of the page, when the first row of data is painted. */
function watchRows() {
  globalThis.firstRow = 0;
  const look = () => {
    if (document.querySelector('[role=rowgroup] [role=gridcell] time') === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => (globalThis.firstRow = performance.now()));
  };
  requestAnimationFrame(look);
}

/** From the key that is pressed last to the list of what was found, or the word that there is none. */
async function filterTime(page, filter) {
  const field = page.getByRole('combobox', { name: 'Filter and search' });
  await page.evaluate(() => (location.hash = '#/calls?range=all'));
  await page.locator('[aria-busy=false] [role=gridcell]').first().waitFor();
  await field.fill(filter.slice(0, -1));
  await pause(1500);
  const begun = await page.evaluate(() => performance.now());
  await field.press('End');
  await field.pressSequentially(filter.slice(-1));
  // Of these a part finds nothing: they are asked when they are whole.
  if (/(?:^| )(?:provider|customer|is):\S*$/.test(filter)) await field.press('Enter');
  const ended = await page.evaluate(
    ({ wanted, begun, limit }) =>
      new Promise((resolve) => {
        const look = () => {
          const isAsked = decodeURIComponent(location.hash.replaceAll('+', ' ')).includes(wanted);
          const isThere =
            document.querySelector('[aria-busy=true]') === null && !document.body.innerText.includes('searching …');
          const hasAnswer = document.querySelector(
            '[role=rowgroup] time, main [role=status] button, main p.font-semibold',
          );
          if ((isAsked && isThere && hasAnswer !== null) || performance.now() - begun > limit)
            resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    { wanted: filter, begun, limit: LIMIT_MS },
  );
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  return Math.round(ended - begun);
}

/** Milliseconds between frames while the list stays, goes down, or goes down and up again. */
async function frames(page, length, way) {
  return page.evaluate(
    ({ length, way }) =>
      new Promise((resolve) => {
        const grid = document.querySelector('[role=grid]');
        const times = [];
        const start = performance.now();
        let last = start;
        const next = (now) => {
          times.push(now - last);
          last = now;
          const at = now - start;
          const isDown = way === 'scroll' || Math.floor(at / 5000) % 4 !== 3;
          if (way !== 'stay') grid.scrollTop += isDown ? 30 : -60;
          if (at < length * 1000) requestAnimationFrame(next);
          else resolve(times.slice(1).sort((one, other) => one - other));
        };
        requestAnimationFrame(next);
      }),
    { length, way },
  );
}

function words(times) {
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  return `frames p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms (${times.length} frames)`;
}

async function heap(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return (usedSize / 1e6).toFixed(1);
}

async function ask(url, token, path, method = 'GET') {
  const answer = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
