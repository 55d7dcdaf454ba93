/** Bytes of the window that a zstd frame asks for (RFC 8878, 3.1.1.1); decoders allocate it. 0 = this is no frame. */
export function zstdWindow(frame: Buffer): number {
  if (frame.length < 6 || frame.readUInt32LE(0) !== 0xfd2fb528) return 0;
  const descriptor = frame[4] ?? 0;
  if ((descriptor & 0x20) === 0) {
    const window = frame[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [1, 2, 4, 8][descriptor >> 6] ?? 1;
  const field = frame.subarray(5 + dictionary, 5 + dictionary + size);
  let content = 0;
  for (const byte of field.toReversed()) content = content * 256 + byte;
  return content;
}
