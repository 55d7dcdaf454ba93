import { useState } from 'react';
import { whole } from '../../format/numbers.ts';
import { hexRow, ROW_BYTES } from './hex.ts';
import { VirtualRows } from './virtual-rows.tsx';

/** Bytes that are no text. */
export function HexView({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const [active, setActive] = useState(-1);
  return (
    <div className="flex min-h-0 flex-1 flex-col font-mono text-sm">
      <VirtualRows
        role="listbox"
        label={`${label}, ${whole(bytes.length)} bytes`}
        count={Math.ceil(bytes.length / ROW_BYTES)}
        rowHeight={18}
        active={active}
        onActive={setActive}
        row={(index) => {
          const { at, hex, text } = hexRow(bytes, index);
          return (
            <div className="flex gap-4 px-3 whitespace-pre">
              <span className="text-muted">{at}</span>
              <span>{hex}</span>
              <span className="text-muted">{text}</span>
            </div>
          );
        }}
      />
    </div>
  );
}
