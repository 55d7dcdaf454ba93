import type { Endpoint } from '../provider.ts';

/**
 * Paths whose answers bill nothing: each of the names below the base, and all below it. The name is the operation.
 * @param base e.g. `/v1`; empty for the root. @param names e.g. `models`, `fine_tuning/jobs`.
 */
export function controls(base: string, ...names: readonly string[]): Endpoint[] {
  return names.flatMap((name): Endpoint[] => {
    const operation = name.replaceAll(/[^a-z0-9]+/g, '_');
    return [
      { method: '*', path: `${base}/${name}`, operation, kind: 'control' },
      { method: '*', path: `${base}/${name}/**`, operation, kind: 'control' },
    ];
  });
}
