// The load generator: a process of its own that runs one scenario and sends its figures back.
import { readFileSync } from 'node:fs';
import { chatConnection, download, open, stream, upload } from './client.mjs';

const scenarios = {
  /** Closed loop over `connections` keep-alive connections. */
  async json({ route, connections, seconds }) {
    const all = await Promise.all(Array.from({ length: connections }, () => chatConnection(route)));
    await Promise.all(all.map((connection) => connection.call()));
    mark();
    const until = Date.now() + seconds * 1000;
    const latencies = [];
    await Promise.all(
      all.map(async (connection) => {
        while (Date.now() < until) {
          const started = process.hrtime.bigint();
          await connection.call();
          latencies.push(Number(process.hrtime.bigint() - started) / 1e6);
        }
        connection.close();
      }),
    );
    return { calls: latencies.length, perSecond: latencies.length / seconds, ...percentiles(latencies) };
  },
  /** Open loop: `rate` calls a second, spread over `connections`; a slow call does not hold the next one back. */
  async rate({ route, connections, seconds, rate }) {
    const free = await Promise.all(Array.from({ length: connections }, () => chatConnection(route)));
    for (const connection of free) await connection.call();
    mark();
    const latencies = [];
    const total = rate * seconds;
    const started = performance.now();
    const running = [];
    for (let sent = 0; sent < total; sent += 1) {
      const due = started + (sent * 1000) / rate;
      while (performance.now() < due)
        await new Promise((resolve) =>
          due - performance.now() > 1.5 ? setTimeout(resolve, 1) : setImmediate(resolve),
        );
      const connection = free.shift() ?? (await chatConnection(route));
      const begin = process.hrtime.bigint();
      running.push(
        connection
          .call()
          .then(() => (latencies.push(Number(process.hrtime.bigint() - begin) / 1e6), free.push(connection))),
      );
    }
    await Promise.all(running);
    for (const connection of free) connection.close();
    return { calls: latencies.length, ...percentiles(latencies) };
  },
  /** One call per new connection, `connections` at a time. */
  async connect({ route, connections, seconds }) {
    const until = Date.now() + seconds * 1000;
    const latencies = [];
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (Date.now() < until) {
          const started = process.hrtime.bigint();
          const connection = await chatConnection(route);
          await connection.call();
          connection.close();
          latencies.push(Number(process.hrtime.bigint() - started) / 1e6);
        }
      }),
    );
    return { calls: latencies.length, perSecond: latencies.length / seconds, ...percentiles(latencies) };
  },
  /** `streams` at once, each `chunks` events `gap` ms apart; what came before all had their first event is not counted. */
  async sse({ route, streams, chunks, gap }) {
    let delays = [];
    const firsts = [];
    const all = [];
    let begun = 0;
    for (let opened = 0; opened < streams; opened += 1) {
      let isFirst = true;
      const onDelay = (delay) => {
        delays.push(delay);
        if (!isFirst) return;
        isFirst = false;
        begun += 1;
        if (begun < streams) return;
        delays = [];
        mark();
      };
      all.push(stream(route, chunks, gap, onDelay).then((first) => firsts.push(first)));
      // Spread the starts over one gap, or all events of all streams come in the same millisecond.
      if (streams > 1) await new Promise((resolve) => setTimeout(resolve, gap / streams));
    }
    await Promise.all(all);
    return { calls: delays.length + 2 * streams, ...percentiles(delays), ttft: percentiles(firsts).p50 };
  },
  async ttft({ route, rounds, reuse }) {
    const kept = reuse ? await open(route) : undefined;
    if (reuse) await stream(route, 1, 5, () => {}, kept);
    const firsts = [];
    for (let round = 0; round < rounds; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      firsts.push(await stream(route, 1, 5, () => {}, kept));
    }
    kept?.destroy();
    return { calls: rounds, ...percentiles(firsts) };
  },
  async big({ route, mb }) {
    return { calls: 2, down: await download(route, mb), up: await upload(route, mb) };
  },
};

/** Everything is set up: CPU counts from here. */
function mark() {
  process.send({ mark: true });
}

function percentiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

process.on('message', (message) => void run(message));
process.on('disconnect', () => process.exit());

async function run({ scenario, options }) {
  try {
    const ca = readFileSync(options.route.caFile);
    process.send({ result: await scenarios[scenario]({ ...options, route: { ...options.route, ca } }) });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
}
