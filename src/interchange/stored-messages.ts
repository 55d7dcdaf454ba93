import type { StoredMessage } from '../core/transfer.ts';
import { BlockReader, type StoredSide } from '../store/blocks/block-reader.ts';
import type { Database } from '../store/driver.ts';
import type { MessageReader } from './stored-exchanges.ts';

/**
 * Heads and bodies of stored calls. Each call is read at one moment: a daemon may be writing its lists anew.
 * @param onDamaged what the file no longer gives is left out, and told
 */
export function messageReader(database: Database, onDamaged: (error: unknown) => void): MessageReader {
  const reader = new BlockReader(database);
  return (call) => {
    database.exec('BEGIN');
    try {
      return { request: messageOf(reader.read(call, 'request')), response: messageOf(reader.read(call, 'response')) };
    } catch (error) {
      onDamaged(error);
      return { request: null, response: null };
    } finally {
      database.exec('COMMIT');
    }
  };
}

function messageOf({ head, body }: StoredSide): StoredMessage | null {
  if (head === null && body === null) return null;
  const { startLine, headers } = head ?? { startLine: '', headers: [] };
  const { bytes, truncated, masked, arrivals } = body ?? NO_BODY;
  return { startLine, headers, body: bytes, truncated, masked, arrivals };
}

const NO_BODY = { bytes: null, truncated: false, masked: false, arrivals: null };
