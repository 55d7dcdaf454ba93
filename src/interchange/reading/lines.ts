/** Lines of a file that comes in pieces. */

export interface Line {
  /** From 1. */
  number: number;
  /** `null` = longer than was allowed. */
  text: string | null;
}

const LINE_FEED = 10;

/** Empty lines are passed over. @param maxBytes of one line; longer ones are never held in memory */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const add = (piece: Uint8Array): void => {
    length += piece.length;
    if (length <= maxBytes) pieces.push(piece);
    else pieces = [];
  };
  const take = (): Line => {
    const text = length > maxBytes ? null : Buffer.concat(pieces).toString('utf8').trim();
    pieces = [];
    length = 0;
    return { number, text };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      const line = take();
      if (line.text !== '') yield line;
      number += 1;
      start = end + 1;
    }
    // A copy: the next chunk may come in the same memory.
    if (start < chunk.length) add(Uint8Array.prototype.slice.call(chunk, start));
  }
  const last = take();
  if (last.text !== '') yield last;
}
