import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maskBody, maskHeaders, maskTarget, maskText } from '../../../src/core/redact.ts';
import type { WriteFunction } from '../../../src/sinks/console.ts';
import { createSinks } from '../../../src/sinks/index.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { getCall } from '../../../src/store/queries.ts';
import { aCapture, aMessage } from '../../support/captures.ts';
import { useSinkHouse } from '../../support/sink-house.ts';

const house = useSinkHouse();
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const CANARIES = Array.from(
  { length: 20 },
  (_, index) => `CANARYx${String(index).padStart(2, '0')}QzWxEcRvTbYnUmIkOlPa9`,
);

/** A capture as the recorder makes it, with a secret in each of 20 places. */
function captureWithSecrets() {
  const [c0 = '', c1, c2, c3, c4, c5, c6, c7, c8, c9 = '', c10, c11, c12, c13, c14, c15, c16 = '', c17, c18 = '', c19] =
    CANARIES;
  const json = JSON.stringify({
    api_key: c0,
    nested: { password: c1 },
    arguments: JSON.stringify({ access_token: c2 }),
    text: `my key sk-ant-api03-${c3} and Bearer ${c4}`,
    url: `https://user:${c5}@example.com/?key=${c6}`,
    client_secret: { value: c7 },
  });
  const sse = `event: x\ndata: {"token":"${c8}"}\n\ndata: {"text":"gsk_${c9}${c9}"}\n\n`;
  const form = `--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n${c10}\r\n--b--`;
  const path = maskTarget(`/v1/sk-proj-${c12}/x?key=${c13}&access%5Ftoken=${c14}`);
  const headers = maskHeaders([
    ['Authorization', `Bearer ${c15}`],
    ['x-api-key', c16],
    ['Cookie', `s=${c17}`],
    ['X-Trailer-Secret', c18],
    ['Proxy-Authorization', `Basic ${base64(`u:${c19}`)}`],
  ]);
  const body = maskBody(json, 'application/json') + maskBody(form, 'multipart/form-data');
  return aCapture(
    { path, error: { type: 'authentication_error', message: maskText(`401 for x-api-key: ${c11}`) }, stream: true },
    {
      request: aMessage(`POST ${path} HTTP/1.1`, body, { headers }),
      response: aMessage('HTTP/1.1 401 Unauthorized', maskBody(sse, 'text/event-stream'), { headers }),
    },
  );
}

describe('sinks/index createSinks', () => {
  it('leaves no secret of 20 places in the files, the database, the console or the metrics', async () => {
    const printed: Buffer[] = [];
    const write: WriteFunction = (_fd, data, done) => {
      printed.push(Buffer.from(data));
      done(null, data.length);
    };
    const sinks = createSinks(
      {
        console: { format: 'json', colour: false, write },
        logFiles: { folder: house.logs },
        sqlite: { path: house.database },
      },
      house.deps(),
    );
    const capture = captureWithSecrets();
    for (const sink of sinks.all) await house.opened(sink);
    for (const sink of sinks.all) sink.write(capture);
    for (const sink of sinks.all) await sink.flush();
    const metrics = await sinks.metricsText({});
    await house.closeAll();
    const files = [house.logs, dirname(house.database)].flatMap((place) =>
      readdirSync(place).map((name) => join(place, name)),
    );
    expect(files.length).toBeGreaterThan(1);
    const written = [metrics, ...printed.map(String), ...files.map((file) => readFileSync(file, 'latin1'))];
    // Console, log file and database: the search looks where something was written.
    expect(written.filter((text) => text.includes('call_0001'))).toHaveLength(3);
    const secrets = [...CANARIES.map((secret) => secret.slice(0, -4)), base64(`u:${CANARIES[19]}`)];
    expect(secrets.filter((secret) => written.join('\n').includes(secret))).toEqual([]);
  });

  it('points the database into the text log', async () => {
    const options = { console: null, logFiles: { folder: house.logs }, sqlite: { path: house.database } };
    const sinks = createSinks(options, house.deps());
    for (const sink of sinks.all) await house.opened(sink);
    for (const sink of sinks.all) sink.write(aCapture());
    for (const sink of sinks.all) await sink.flush();
    const reader = openDatabase(house.database, { readOnly: true });
    const call = getCall(reader, '0001');
    reader.close();
    if (call === null || call === 'ambiguous' || call.log === null) throw new Error('no place in the log');
    const { file, offset, length } = call.log;
    expect(
      readFileSync(file)
        .subarray(offset, offset + length)
        .toString(),
    ).toMatch(/^=== .*call_0001/);
  });

  it('adds what the sinks lost to the counters of the other threads', async () => {
    const deps = house.deps();
    deps.counters.add('dropped', 'reason="disk_full",sink="log_files"', 2);
    const sinks = createSinks({ console: null, logFiles: null, sqlite: null }, deps);
    const text = await sinks.metricsText({ 'dropped{reason="disk_full",sink="log_files"}': 3 });
    expect(text).toContain('llm_proxy_dropped_total{reason="disk_full",sink="log_files"} 5');
  });
});
