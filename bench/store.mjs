// npm run bench -- store [--calls 1000000] [--only questions,ingest,proxy] [--home DIR] [--seconds 10] [--json] [--write] [--office]
// A database as a team has it after a month, then what is asked of it and what goes into it. --home keeps the database
// (of the same size: it is used again).
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags } from './flags.mjs';
import { peers } from './peers.mjs';
import { load, upstream } from './setup.mjs';
import { generateCalls } from './store-calls.mjs';
import { ingestAll } from './store-ingest.mjs';
import { product } from './store-product.mjs';
import { askAll } from './store-questions.mjs';
import { storeSection, withSection } from './store-report.mjs';

const flags = readFlags(import.meta.url, {
  args: process.argv.slice(process.argv[2] === 'store' ? 3 : 2),
  options: {
    calls: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'questions,ingest,proxy' },
    home: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    office: { type: 'boolean', default: false },
  },
});
const calls = Number(flags.calls);
const seconds = Number(flags.seconds);
const wanted = new Set(flags.only.split(','));
const DAYS = 30;

const home = flags.home ?? mkdtempSync(join(tmpdir(), 'llm-proxy-store-bench-'));
const db = join(home, 'data', 'llm-proxy.db');
const notes = join(home, 'built.json');
const children = [];
try {
  const build = existsSync(notes) ? await filled() : await fill();
  const results = { build };
  if (wanted.has('questions')) results.questions = await askAll({ db, ...build });
  if (wanted.has('proxy')) results.proxy = await latencies();
  if (wanted.has('ingest')) results.ingest = await ingestAll({ db, seconds });
  report(results);
} finally {
  for (const child of children) child.kill();
  if (flags.home === undefined) rmSync(home, { recursive: true, force: true });
}

/** Of a run before, perhaps by an earlier version. */
async function filled() {
  const { openStore } = await product();
  const { database } = openStore(db, Date.now());
  await rollDays(database);
  database.close();
  return JSON.parse(readFileSync(notes, 'utf8'));
}

/** Without the bytes of the requests, so that 100 GB of them take minutes. */
async function fill() {
  const { openStore, CallWriter } = await product();
  mkdirSync(join(home, 'data'), { recursive: true, mode: 0o700 });
  for (const suffix of ['', '-wal', '-shm']) rmSync(db + suffix, { force: true });
  const until = Date.now();
  const since = until - DAYS * 86_400_000;
  const { database } = openStore(db, until);
  // Nobody reads meanwhile, and what a power cut would take can be made again.
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 16000');
  const writer = new CallWriter(database);
  const started = performance.now();
  let written = 0;
  let rawBytes = 0;
  writer.begin();
  for (const call of generateCalls({ calls, since, until, office: flags.office })) {
    writer.add(call.stored, call.bodies);
    call.settle();
    rawBytes += call.rawBytes;
    written += 1;
    if (written % 500 !== 0) continue;
    writer.commit();
    writer.begin();
    if (written % 50_000 === 0) progress(`${written} calls, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  writer.commit();
  await rollDays(database);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const build = {
    calls,
    since,
    until,
    rawBytes,
    seconds: (performance.now() - started) / 1000,
    bytes: statSync(db).size,
  };
  build.index = await fillIndex();
  writeFileSync(notes, JSON.stringify(build));
  return build;
}

/** As the daemon does within its first minute, and once a day. */
async function rollDays(database) {
  const { rollDay } = await product();
  const today = new Date().toISOString().slice(0, 10);
  database.exec('BEGIN');
  while (rollDay(database, today) !== null);
  database.exec('COMMIT');
}

async function fillIndex() {
  const { Search, searchFileOf } = await product();
  const search = new Search({ db });
  const started = performance.now();
  let texts = 0;
  for (let turn = 0; ; turn += 1) {
    const { added, behind, done } = search.index(200);
    texts += added;
    if (done) break;
    if (turn % 100 === 99) progress(`${texts} texts indexed, ${behind} to do`);
  }
  search.close();
  const file = searchFileOf(db);
  return { texts, seconds: (performance.now() - started) / 1000, bytes: statSync(file).size };
}

/** The whole daemon: with an empty database, with the full one, and with the full one while somebody looks at it. */
async function latencies() {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-bench-'));
  try {
    const env = await upstream(folder, children);
    const rows = [];
    for (const [name, over, looks] of [
      ['empty database', {}, false],
      ['this database', { home }, false],
      ['this database, ten questions a second beside it', { home }, true],
    ]) {
      const peer = await peers['llm-proxy']({ ...env, ...over });
      const looker = looks ? lookAt(peer) : null;
      try {
        await load(peer, 'json', { connections: 4, seconds: 2 });
        rows.push({ name, ...(await load(peer, 'rate', { connections: 16, seconds, rate: 200 })) });
      } finally {
        if (looker !== null) clearInterval(looker);
        peer.stop();
      }
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lookAt({ admin, home: folder }) {
  const token = readFileSync(join(folder, 'run', 'admin-token'), 'utf8').trim();
  const paths = [
    '/api/stats?since=7d&group=hour',
    '/api/calls?provider=openai',
    '/api/search?q=ba',
    '/api/calls?status=5xx',
  ];
  let turn = 0;
  return setInterval(() => {
    turn += 1;
    fetch(admin + paths[turn % paths.length], { headers: { authorization: `Bearer ${token}` } })
      .then((answer) => answer.arrayBuffer())
      .catch((error) => progress(`question failed: ${error.message}`));
  }, 100);
}

function report(results) {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(results)}\n`);
    return;
  }
  const machine = `${cpus().length} cores, ${cpus()[0].model.trim()}, Node ${process.versions.node}`;
  const section = storeSection(results, { command: commandOf(process.argv.slice(2)), machine });
  process.stdout.write(`${section}\n`);
  const page = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
  if (flags.write) writeFileSync(page, withSection(readFileSync(page, 'utf8'), section));
}

function progress(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** As it is typed; where the database lies is nobody's business. */
function commandOf(args) {
  const words = args.filter((word, index) => word !== '--home' && args[index - 1] !== '--home' && word !== 'store');
  return ['npm run bench -- store', ...words].join(' ');
}
