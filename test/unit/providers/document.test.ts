import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { providersPage } from '../../../src/providers/document.ts';
import { loadProviders } from '../../../src/providers/registry.ts';

describe('providers/document', () => {
  // `npx vitest run test/unit/providers/document.test.ts -u` writes it again.
  it('is what docs/providers.md says', async () => {
    const page = fileURLToPath(new URL('../../../docs/providers.md', import.meta.url));
    await expect(providersPage(await loadProviders())).toMatchFileSnapshot(page);
  });
});
