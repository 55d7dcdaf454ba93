// npm run bench -- [--only json,latency,sse,connect,big,ttft,start] [--peers direct,llm-proxy,nginx,…] [--seconds 6] [--rounds 3] [--write]
// Figures are ratios against peers in the same run; peers take turns in each round, so that drift of the machine hits all alike.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from './flags.mjs';
import { peers } from './peers.mjs';
import { report } from './report.mjs';
import { load, upstream } from './setup.mjs';
import { sectionOf, withSection } from './store-report.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const flags = readFlags(import.meta.url, {
  options: {
    only: { type: 'string', default: 'start,json,latency,ttft,sse,connect,big' },
    peers: {
      type: 'string',
      default: 'direct,llm-proxy,nginx,http-mitm-proxy,mockttp,mitmproxy',
    },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
});
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);
/** A process that spends less than two ticks (20 ms) of CPU in so long is idle. */
const SETTLE_MS = 500;
const SETTLE_LIMIT_MS = 15_000;

const scenarios = {
  json: {
    title: 'JSON calls of 1.5 kB, 16 keep-alive connections',
    scenario: 'json',
    options: { connections: 16, seconds },
  },
  latency: { title: 'Latency at 200 calls/s', scenario: 'rate', options: { connections: 16, seconds, rate: 200 } },
  ttft: {
    title: 'Time to the first SSE event, one stream at a time, on an open connection',
    scenario: 'ttft',
    options: { rounds: 200, reuse: true },
  },
  ttftnew: {
    title: 'Time to the first SSE event, a new connection each (from when TLS with the client is up)',
    scenario: 'ttft',
    options: { rounds: 100, reuse: false },
  },
  sse1: { title: '1 SSE stream, 10 events/s', scenario: 'sse', options: { streams: 1, chunks: 30, gap: 100 } },
  sse100: {
    title: '100 SSE streams, 10 events/s each',
    scenario: 'sse',
    options: { streams: 100, chunks: 50, gap: 100 },
  },
  sse1000: {
    title: '1,000 SSE streams, 10 events/s each',
    scenario: 'sse',
    options: { streams: 1000, chunks: 120, gap: 100 },
  },
  connect: {
    title: 'One call per new connection, 8 at a time',
    scenario: 'connect',
    options: { connections: 8, seconds },
  },
  big: { title: '50 MB down, 50 MB up', scenario: 'big', options: { mb: 50 } },
};
const GROUPS = { sse: ['sse1', 'sse100', 'sse1000'], ttft: ['ttft', 'ttftnew'] };
const wanted = flags.only.split(',').flatMap((name) => GROUPS[name] ?? [name]);

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-bench-'));
const children = [];
try {
  if (!existsSync(join(here, 'node_modules')) && flags.peers.includes('mockttp')) {
    process.stderr.write('bench: installing peers (npm i in bench/, once)\n');
    spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], {
      cwd: here,
      stdio: 'inherit',
    });
  }
  const env = await upstream(folder, children);
  const rows = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const name of flags.peers.split(',')) rows.push(...(await measure(name, env, round)));
  }
  const text = report({
    rows,
    scenarios,
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
    machine: `${cpus().length} cores, ${cpus()[0].model.trim()}, Node ${process.versions.node}`,
  });
  process.stdout.write(text);
  const page = join(here, '..', 'docs', 'benchmarks.md');
  if (flags.write) writeFileSync(page, withSection(text, sectionOf(readFileSync(page, 'utf8'))));
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name, env, round) {
  const peer = await peers[name]?.(env);
  if (peer === null || peer === undefined) {
    if (round === 0) process.stderr.write(`bench: ${name} is not installed, left out\n`);
    return [];
  }
  const rows = [];
  try {
    if (wanted.includes('start') && peer.ready !== undefined) {
      // Before any load: what it takes just to be there.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      rows.push({ peer: name, scenario: 'start', ready: peer.ready, rss: memory(peer.pids) });
    }
    if (wanted.some((key) => key in scenarios)) await load(peer, 'json', { connections: 4, seconds: 1 });
    for (const key of wanted.filter((candidate) => candidate in scenarios)) {
      const { scenario, options } = scenarios[key];
      process.stderr.write(`bench: round ${round + 1}, ${name}: ${key}\n`);
      let before = cpu(peer.pids);
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, memory(peer.pids))), 200);
      try {
        const result = await load(peer, scenario, options, () => (before = cpu(peer.pids)));
        // Work that was put off (a recorder's, say) counts as well, and must not disturb the next scenario.
        await idle(peer.pids);
        rows.push({
          peer: name,
          scenario: key,
          ...result,
          cpu: ((cpu(peer.pids) - before) / result.calls) * 1e6,
          rss: peak,
          note: peer.note,
        });
      } catch (error) {
        rows.push({ peer: name, scenario: key, failed: String(error.message).split('\n')[0] });
      } finally {
        clearInterval(watch);
      }
    }
  } finally {
    peer.stop();
  }
  return rows;
}

async function idle(pids) {
  const until = Date.now() + SETTLE_LIMIT_MS;
  for (let before = NaN, now = cpu(pids); !(now - before < 0.02) && Date.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    before = now;
    now = cpu(pids);
  }
}

/** CPU seconds of a process and its children, all threads. */
function cpu(pids) {
  const ticks = tree(pids).map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / 100;
}

/** Resident megabytes of a process and its children. */
function memory(pids) {
  const sizes = tree(pids).map((pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  );
  return sizes.reduce((sum, value) => sum + value, 0) / 1024;
}

function tree(pids) {
  const all = [...pids];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1].split(' ')[1]);
      if (pids.includes(parent)) all.push(Number(entry));
    } catch {
      // It ended while we looked.
    }
  }
  return all;
}
