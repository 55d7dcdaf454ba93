export const ROW_BYTES = 16;

/** As `hexdump -C` writes it: where it is, sixteen bytes, and those that are ASCII. */
export function hexRow(bytes: Uint8Array, index: number): { at: string; hex: string; text: string } {
  const start = index * ROW_BYTES;
  const row = Array.from(bytes.subarray(start, start + ROW_BYTES));
  const half = (from: number): string =>
    row
      .slice(from, from + ROW_BYTES / 2)
      .map(pair)
      .join(' ');
  return {
    at: start.toString(16).padStart(8, '0'),
    hex: `${half(0)}  ${half(ROW_BYTES / 2)}`.padEnd(3 * ROW_BYTES),
    text: row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(''),
  };
}

function pair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
