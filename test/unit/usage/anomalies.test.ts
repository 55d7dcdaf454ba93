import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Words that are given to what collects anomalies, anywhere in the source. */
function anomaliesOf(text: string): string[] {
  const given = /(?:anomal(?:y|ies)(?:\.(?:add|push))?|flag|distrust)\((?:reading, )?(?:\w+ \? )?'([a-z_]+)'/g;
  const chosen = /anomaly\(whole \? '([a-z_]+)' : '([a-z_]+)'\)/g;
  const listed = /found\.push\('([a-z_]+)'\)|\['(invalid_[a-z]+)'\]/g;
  return [given, chosen, listed].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter((word) => word !== undefined)),
  );
}

describe('anomalies', () => {
  it('are all explained in docs/metrics.md', () => {
    const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const found = sources
      .filter((path) => /^(?:usage|providers)\/.*\.ts$/.test(path))
      .flatMap((path) => anomaliesOf(readFileSync(join(root, 'src', path), 'utf8')));
    expect(new Set(found).size).toBeGreaterThan(15);
    expect([...new Set(found)].filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
  });
});
