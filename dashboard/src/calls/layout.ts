/** Which columns are shown, how wide and in what order: kept in this browser. */
import { leastWidth } from '../kit/grid-width.ts';

export interface Layout {
  /** All known columns, in their order. */
  order: string[];
  hidden: string[];
  /** Pixels, of those that were changed. */
  widths: Record<string, number>;
}

export interface ColumnNames {
  id: string;
  /** Not shown unless it is chosen. */
  extra?: boolean;
}

const WIDTHS = { least: 24, most: 1200 };

export function defaultLayout(columns: readonly ColumnNames[]): Layout {
  return {
    order: columns.map(({ id }) => id),
    hidden: columns.filter(({ extra }) => extra === true).map(({ id }) => id),
    widths: {},
  };
}

/** What was kept, as far as it means something to this version. New columns stand where they belong. */
export function layoutFrom(kept: string | null, columns: readonly ColumnNames[]): Layout {
  const plain = defaultLayout(columns);
  const found = parsed(kept);
  if (found === null) return plain;
  const order = strings(found['order']).filter((id) => plain.order.includes(id));
  for (const [index, id] of plain.order.entries()) {
    if (order.includes(id)) continue;
    const before = plain.order.slice(0, index).findLast((known) => order.includes(known));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, id);
  }
  const known = strings(found['order']);
  const hidden = [
    ...strings(found['hidden']).filter((id) => order.includes(id)),
    ...plain.hidden.filter((id) => !known.includes(id)),
  ];
  return { order, hidden, widths: widthsOf(found['widths'], order) };
}

/** What gives way first where there is little room; what is not named stays. */
const GIVES_WAY = [
  ['host', 'size', 'rate', 'stop', 'tools', 'agent', 'section', 'client', 'bar', 'flags', 'cache', 'ttft'],
  ['provider', 'customer', 'session', 'code', 'in', 'out'],
].flat();

/** As many of the columns as there is room for, the important ones last to go; in their order. */
export function fitting<Column extends { id: string; width: string }>(
  columns: readonly Column[],
  room: number,
): readonly Column[] {
  let shown = columns;
  for (const id of GIVES_WAY) {
    if (leastWidth(shown) <= room) break;
    shown = shown.filter((column) => column.id !== id);
  }
  return shown;
}

export function moved(layout: Layout, id: string, before: string | null): Layout {
  if (id === before) return layout;
  const order = layout.order.filter((known) => known !== id);
  order.splice(before === null ? order.length : order.indexOf(before), 0, id);
  return { ...layout, order };
}

/** One place up (-1) or down (1). */
export function shifted(layout: Layout, id: string, by: -1 | 1): Layout {
  const from = layout.order.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= layout.order.length) return layout;
  const order = layout.order.filter((known) => known !== id);
  order.splice(to, 0, id);
  return { ...layout, order };
}

export function resized(layout: Layout, id: string, width: number): Layout {
  return { ...layout, widths: { ...layout.widths, [id]: clamped(width) } };
}

export function toggled(layout: Layout, id: string): Layout {
  const isHidden = layout.hidden.includes(id);
  return { ...layout, hidden: isHidden ? layout.hidden.filter((known) => known !== id) : [...layout.hidden, id] };
}

function clamped(width: number): number {
  return Math.round(Math.min(WIDTHS.most, Math.max(WIDTHS.least, width)));
}

function parsed(text: string | null): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === 'string'))] : [];
}

function widthsOf(value: unknown, known: readonly string[]): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([id, width]) =>
      known.includes(id) && typeof width === 'number' && Number.isFinite(width) ? [[id, clamped(width)]] : [],
    ),
  );
}
