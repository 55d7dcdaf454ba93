import type { TokenClasses } from '../format/call.ts';
import { whole } from '../format/numbers.ts';

const PARTS: readonly { key: keyof TokenClasses; name: string; colour: string }[] = [
  { key: 'cacheRead', name: 'cache read', colour: 'var(--series-cache-read)' },
  { key: 'cacheWrite', name: 'cache write', colour: 'var(--series-cache-write)' },
  { key: 'input', name: 'input', colour: 'var(--series-input)' },
  { key: 'reasoning', name: 'reasoning', colour: 'var(--series-reasoning)' },
  { key: 'output', name: 'output', colour: 'var(--series-output)' },
];

/** The classes of a call's or a session's tokens, stacked. `hatched` = estimated. */
export function TokenBar({
  classes,
  width = 40,
  hatched = false,
}: {
  classes: TokenClasses;
  width?: number;
  hatched?: boolean;
}) {
  const total = PARTS.reduce((sum, { key }) => sum + classes[key], 0);
  const words = PARTS.filter(({ key }) => classes[key] > 0).map(({ key, name }) => `${whole(classes[key])} ${name}`);
  let x = 0;
  return (
    <svg
      role="img"
      aria-label={words.length === 0 ? 'no tokens' : words.join(', ')}
      width={width}
      height={8}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      className="inline-block shrink-0"
      opacity={hatched ? 0.55 : 1}
    >
      <title>{words.join(', ')}</title>
      <rect width={100} height={8} fill="var(--raised)" />
      {total > 0 &&
        PARTS.map(({ key, colour }) => {
          const share = (100 * classes[key]) / total;
          const rect = <rect key={key} x={x} width={share} height={8} fill={colour} />;
          x += share;
          return rect;
        })}
    </svg>
  );
}
