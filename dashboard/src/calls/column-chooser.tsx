import { useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { CALL_COLUMNS } from './columns.tsx';
import { defaultLayout, type Layout, resized, shifted, toggled } from './layout.ts';

const NAMES = new Map(CALL_COLUMNS.map(({ id, name }) => [id, name]));

/** Which columns, in what order, how wide: what the mouse does at the titles, for keys too. */
export function ColumnChooser({
  layout,
  onChange,
  onClose,
}: {
  layout: Layout;
  onChange: (layout: Layout) => void;
  onClose: () => void;
}) {
  return (
    <Dialog title="Columns" onClose={onClose}>
      <ul className="mb-3">
        {layout.order.map((id, index) => {
          const name = NAMES.get(id) ?? id;
          return (
            <li key={id} className="flex min-h-7 items-center gap-1 border-b border-line">
              <label className="flex min-w-0 flex-1 items-center gap-2">
                <input
                  type="checkbox"
                  checked={!layout.hidden.includes(id)}
                  onChange={() => onChange(toggled(layout, id))}
                  className="accent-accent"
                />
                <span className="truncate">{name}</span>
              </label>
              <Width
                name={name}
                width={layout.widths[id]}
                onWidth={(width) =>
                  onChange(
                    width === null ? { ...layout, widths: without(layout.widths, id) } : resized(layout, id, width),
                  )
                }
              />
              <Button
                look="quiet"
                aria-label={`Move ${name} up`}
                disabled={index === 0}
                onClick={() => onChange(shifted(layout, id, -1))}
              >
                ↑
              </Button>
              <Button
                look="quiet"
                aria-label={`Move ${name} down`}
                disabled={index === layout.order.length - 1}
                onClick={() => onChange(shifted(layout, id, 1))}
              >
                ↓
              </Button>
            </li>
          );
        })}
      </ul>
      <Button onClick={() => onChange(defaultLayout(CALL_COLUMNS))}>Reset the columns</Button>
    </Dialog>
  );
}

interface WidthProps {
  name: string;
  width: number | undefined;
  /** null = as wide as there is room for. */
  onWidth: (width: number | null) => void;
}

/** While it is typed it may be too small. */
function Width({ name, width, onWidth }: WidthProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      type="number"
      min={24}
      max={1200}
      step={4}
      aria-label={`Width of ${name} in pixels`}
      placeholder="auto"
      value={typed ?? width ?? ''}
      onChange={({ target }) => {
        setTyped(target.value);
        if (target.value === '') onWidth(null);
        else if (target.validity.valid || target.validity.stepMismatch) onWidth(target.valueAsNumber);
      }}
      onBlur={() => setTyped(null)}
      className="h-6 w-18 rounded-chip border border-line bg-bg px-1 text-right text-sm"
    />
  );
}

function without(widths: Record<string, number>, id: string): Record<string, number> {
  return Object.fromEntries(Object.entries(widths).filter(([known]) => known !== id));
}
