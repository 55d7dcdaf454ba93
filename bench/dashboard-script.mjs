// A reader who never rests: goes through all screens of the dashboard, over and over, for some minutes, while calls end.
// What the page holds is told after each minute, on the same screen, with the garbage collected.

const LIMIT_MS = 20_000;

/**
 * @param page signed in @param ids of calls and sessions that are stored
 * @returns {Promise<{heaps: {minute: number, mb: number, nodes: number, listeners: number}[], steps: number, slope: number}>}
 * `slope`: MB a minute, of the straight line through what was held after the first minute
 */
export async function walkFor(minutes, { page, context, ids, tell = () => {} }) {
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  page.setDefaultTimeout(LIMIT_MS);
  const heaps = [];
  const walk = steps({ page, ids });
  const begun = performance.now();
  let count = 0;
  for (let minute = 0; minute <= minutes; minute += 1) {
    while (performance.now() - begun < minute * 60_000) {
      await walk[count % walk.length]();
      count += 1;
    }
    await walk[0]();
    const held = { minute, ...(await heldBy(session)), steps: count };
    heaps.push(held);
    tell(held);
  }
  await session.detach();
  return { heaps, steps: count, slope: slopeOf(heaps.slice(1).map(({ minute, mb }) => [minute, mb])) };
}

/** Each leads to a screen and does something there. The first one is where it is measured. */
function steps({ page, ids }) {
  const to = async (hash, sign) => {
    await page.evaluate((next) => (location.hash = next), hash);
    await page.locator(sign).first().waitFor();
  };
  const rows = '[role=grid][aria-label=Calls] [role=gridcell] time';
  let turn = 0;
  const next = (list) => list[(turn += 1) % list.length];
  const call = (tab) => async () => {
    await to(`#/calls/${next(ids.calls)}?range=all&tab=${tab}`, '[role=tabpanel]');
    await pause(300);
  };
  const session = (view) => async () => {
    await to(`#/sessions/${next(ids.sessions)}?range=all&view=${view}`, '[role=tabpanel]');
    await pause(500);
  };
  return [
    () => to('#/calls?range=all', rows),
    async () => {
      for (let screen = 0; screen < 40; screen += 1) {
        await page.locator('[role=grid]').evaluate((grid) => (grid.scrollTop += grid.clientHeight));
        await pause(50);
      }
      await page.locator('[role=grid]').evaluate((grid) => (grid.scrollTop = 0));
    },
    () => to('#/calls?range=all&filter=provider%3Aopenai', rows),
    () => to('#/calls?range=all&filter=status%3A%3E%3D400', rows),
    () => to('#/calls?range=30d&filter=zuka', '[role=grid], main p'),
    ...['conversation', 'request', 'response', 'timing', 'headers', 'cost', 'diff'].map(call),
    () => to('#/overview?range=30d', 'figure canvas, main p'),
    () => to('#/overview?range=7d&by=client', 'figure canvas, main p'),
    () => to('#/sessions?range=all', '[role=grid]'),
    ...['tree', 'conversation', 'timeline', 'graph', 'cost'].map(session),
    () => to('#/sessions?range=all&of=tasks', '[role=grid], main p'),
    () => to('#/compare?range=all', 'main'),
    ...['setup', 'providers', 'prices', 'storage', 'exporters', 'all'].map(
      (part) => () => to(`#/settings/${part}`, 'main h2'),
    ),
    async () => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    },
  ];
}

async function heldBy(session) {
  // What React and the queries let go of is let go a moment later.
  await pause(1000);
  for (let times = 0; times < 2; times += 1) await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { mb: Number((usedSize / 1e6).toFixed(1)), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** Of the straight line with the least squares. */
function slopeOf(points) {
  if (points.length < 2) return 0;
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return Number((over / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)).toFixed(2));
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
