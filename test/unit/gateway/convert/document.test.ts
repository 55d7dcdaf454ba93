import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NOTES, REFUSALS } from '../../../../src/gateway/convert/notes.ts';
import { conversionPage } from '../../../support/conversion-page.ts';

const ROOM = fileURLToPath(new URL('../../../../src/gateway/convert/', import.meta.url));

describe('docs/conversion.md', () => {
  it('says what the rules say', async () => {
    const page = fileURLToPath(new URL('../../../../docs/conversion.md', import.meta.url));
    await expect(conversionPage()).toMatchFileSnapshot(page);
  });

  it('names no loss and no refusal that cannot happen', () => {
    const sources = readdirSync(ROOM, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'notes.ts')
      .map((name) => readFileSync(join(ROOM, name), 'utf8'))
      .join('\n');
    const names = [...Object.keys(NOTES), ...Object.keys(REFUSALS)];
    expect(names.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});
