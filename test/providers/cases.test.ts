import { beforeAll, describe, expect, test } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../src/providers/registry.ts';
import { CASES, meter, responseBody } from './case-files.ts';
import { cut } from './replay.ts';

describe('providers/cases', () => {
  let directory: ProviderRegistry;
  beforeAll(async () => {
    directory = await loadRegistry();
  });

  test.each(CASES)('$file: $title', async (each) => {
    const body = responseBody(each);
    for (const size of [1_000_000, 1, 13]) {
      const metered = await meter(each, cut(body, size), directory);
      expect(metered).toMatchObject(each.expect);
    }
  });
});
