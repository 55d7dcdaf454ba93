const WIDTH = 64;
const HEIGHT = 16;

/** The course of a number, without axes; gaps where nothing was. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  if (values.length < 2 || most === 0) return null;
  const step = WIDTH / (values.length - 1);
  let path = '';
  let isDrawn = false;
  for (const [index, value] of values.entries()) {
    if (value !== null)
      path += `${isDrawn ? 'L' : 'M'}${(index * step).toFixed(1)} ${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`;
    isDrawn = value !== null;
  }
  return (
    <svg aria-hidden="true" width={WIDTH} height={HEIGHT} className="shrink-0">
      <path d={path} fill="none" stroke="var(--accent)" strokeWidth={1.25} strokeLinejoin="round" />
    </svg>
  );
}
