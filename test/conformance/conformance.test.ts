import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../src/providers/registry.ts';
import type { Metered } from '../../src/usage/metered.ts';
import { cut, encode, play } from '../providers/replay.ts';
import { bytesOf, CASSETTES } from '../support/cassettes.ts';
import { mismatches } from './judge.ts';
import { type Recorded, providerIdOf, recordedOf, recordings } from './recorded.ts';
import { ConformanceReport } from './report.ts';

/** Set by `npm run conformance`. */
const SHOWN = process.env['LLM_PROXY_TEST_CONFORMANCE'] !== undefined;

describe.skipIf(CASSETTES === null)('conformance: every recorded exchange through the pure path', () => {
  const report = new ConformanceReport();
  let directory: ProviderRegistry;
  beforeAll(async () => {
    directory = await loadRegistry();
  });
  afterAll(() => {
    if (SHOWN) process.stdout.write(`\n${report.text()}`);
  });

  test.each(recordings())('%s: is metered as the provider stated it', async (recording) => {
    const before = report.wrong.length;
    for (const recorded of recordedOf(recording)) {
      const { cassette } = recorded;
      const metered = await meter(recorded, providerOf(recording, recorded));
      report.add(recording, cassette, mismatches({ ...metered, inference: metered.isInference }, cassette));
    }
    expect(report.wrong.slice(before)).toEqual([]);
  });

  /** Who serves a host, as the daemon would know it; null = metered by dialect. */
  function providerOf(recording: string, { host, port, local }: Recorded): string | null {
    return local ? providerIdOf(recording) : (directory.lookup(host, port)?.provider ?? null);
  }

  function meter({ cassette, host, port, target }: Recorded, provider: string | null): Metered | Promise<Metered> {
    const body = encode(bytesOf(cassette.response.body), cassette.original_content_encoding);
    return play(
      { ...cassette, request: { ...cassette.request, url: target } },
      { directory, provider, host, port, pieces: cut(body, { seed: body.length + 1 }) },
    );
  }
});
