import type { Cassette } from '../support/cassettes.ts';

/** `exact`: all that the provider stated. `no truth`: it stated nothing, and so did we. */
export type Verdict = 'exact' | 'wrong' | 'no truth';

interface Group {
  name: string;
  counts: Record<Verdict, number>;
}

/** Counts verdicts by provider, operation and streaming; each exchange is counted once. */
export class ConformanceReport {
  readonly #groups = new Map<string, Group>();
  readonly #wrong: string[] = [];

  /** @param mismatches what is wrong, each with both numbers. */
  add(recording: string, cassette: Cassette, mismatches: readonly string[]): void {
    const name = [recording, cassette.operation, cassette.streaming ? 'stream' : 'document'].join(' | ');
    const group = this.#groups.get(name) ?? { name, counts: { exact: 0, wrong: 0, 'no truth': 0 } };
    this.#groups.set(name, group);
    if (mismatches.length > 0) {
      group.counts.wrong += 1;
      this.#wrong.push(`${cassette.id} (${name}): ${mismatches.join('; ')}`);
    } else group.counts[cassette.truth === null ? 'no truth' : 'exact'] += 1;
  }

  get wrong(): readonly string[] {
    return this.#wrong;
  }

  text(): string {
    const groups = [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const sum = (verdict: Verdict): number => groups.reduce((total, { counts }) => total + counts[verdict], 0);
    const widths = [20, 28, 10];
    const row = (names: readonly string[], numbers: readonly (string | number)[]): string =>
      names.map((name, index) => name.padEnd(widths[index] ?? 0)).join('') +
      numbers.map((number) => String(number).padStart(9)).join('');
    const lines = groups.map(({ name, counts }) =>
      row(name.split(' | '), [counts.exact, counts.wrong, counts['no truth']]),
    );
    const [exact, wrong] = [sum('exact'), sum('wrong')];
    const share =
      exact + wrong === 0 ? 'nothing was judged' : `${((100 * exact) / (exact + wrong)).toFixed(2)} % exact`;
    return [
      row(['provider', 'operation', ''], ['exact', 'wrong', 'no truth']),
      ...lines,
      row(['all', '', ''], [exact, wrong, sum('no truth')]),
      '',
      ...this.#wrong.map((text) => `WRONG ${text}`),
      `${exact + wrong + sum('no truth')} exchanges, ${share}`,
      '',
    ].join('\n');
  }
}
