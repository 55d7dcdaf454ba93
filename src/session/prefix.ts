/** How two lists of messages are compared: by a number for each beginning of a list. */
import type { BodyMessage } from '../core/blocks.ts';

/** Characters of a fingerprint (hex) that are read. */
const READ = 16;

/**
 * Of each beginning of a conversation a number of 53 bits: `[i]` stands for the first `i` messages. Equal numbers are
 * equal beginnings of lists with an equal seed; 40 ns a message.
 */
export function prefixHashes(seed: string, messages: readonly BodyMessage[]): Float64Array {
  const hashes = new Float64Array(messages.length + 1);
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  const add = (text: string, length: number): void => {
    for (let at = 0; at < length; at += 1) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ (code + (high >>> 15)), 0x85ebca6b);
    }
  };
  add(seed, seed.length);
  hashes[0] = numberOf(high, low);
  for (const [index, { fingerprint }] of messages.entries()) {
    add(fingerprint, Math.min(fingerprint.length, READ));
    hashes[index + 1] = numberOf(high, low);
  }
  return hashes;
}

function numberOf(high: number, low: number): number {
  return (high >>> 0) * 2 ** 21 + ((low ^ (high >>> 13)) >>> 11);
}

/** How many messages both lists begin with. */
export function sharedMessages(one: Float64Array, other: Float64Array): number {
  const most = Math.min(one.length, other.length);
  for (let count = 1; count < most; count += 1) if (one[count] !== other[count]) return count - 1;
  return most - 1;
}
