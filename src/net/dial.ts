import { connect, isIPv6, type Socket } from 'node:net';
import { AppError } from '../core/errors.ts';
import { dialError, timeoutError } from './upstream-errors.ts';
import type { Target } from './types.ts';

/**
 * A model may think for minutes without a byte, and NAT forgets connections that are silent for less (350 s and below).
 * SDKs probe theirs every minute; what they set on their own socket ends at ours.
 */
export const KEEP_ALIVE_MS = 60_000;

export interface DialOptions {
  /** All addresses of a name, best first. */
  resolve(host: string): Promise<readonly string[]>;
  /** Throws for an address that must not be dialled. */
  check(address: string, port: number): void;
  /** For name lookup and connecting together. */
  timeoutMs: number;
  /** How long one address may be silent before the next one is tried beside it (RFC 8305). */
  staggerMs: number;
}

/**
 * Resolves, checks every address, and dials the very addresses that were checked: no second lookup can bring another.
 * The first that answers wins. Rejects with an AppError.
 */
export function dial(target: Target, options: DialOptions): Promise<Socket> {
  const attempts = new Set<Socket>();
  let over = false;
  return new Promise((resolve, reject) => {
    const finish = (winner: Socket | null, error?: unknown): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      for (const socket of attempts) if (socket !== winner) socket.destroy();
      if (winner === null) reject(dialError(target, error));
      else resolve(winner);
    };
    const timer = setTimeout(
      () => finish(null, timeoutError(target, 'connecting to', options.timeoutMs)),
      options.timeoutMs,
    );
    addressesOf(target, options)
      .then((addresses) => race(addresses, target.port, options.staggerMs, attempts, () => over))
      .then((socket) => (over ? socket.destroy() : finish(socket)))
      .catch((error: unknown) => finish(null, error));
  });
}

async function addressesOf(target: Target, options: DialOptions): Promise<readonly string[]> {
  const addresses = await options.resolve(target.host);
  let refusal: unknown = null;
  const allowed = addresses.filter((address) => {
    try {
      options.check(address, target.port);
      return true;
    } catch (error) {
      refusal = error;
      return false;
    }
  });
  if (allowed.length === 0)
    throw refusal ?? new AppError('upstream_unresolvable', `cannot resolve ${target.host}: it has no address`);
  return interleave(allowed);
}

/** Alternates the families, beginning with the one that the resolver put first. */
function interleave(addresses: readonly string[]): readonly string[] {
  const [first = ''] = addresses;
  const same = addresses.filter((address) => isIPv6(address) === isIPv6(first));
  const other = addresses.filter((address) => isIPv6(address) !== isIPv6(first));
  return same.flatMap((address, index) => [address, ...other.slice(index, index + 1)]).concat(other.slice(same.length));
}

function race(
  addresses: readonly string[],
  port: number,
  staggerMs: number,
  attempts: Set<Socket>,
  isOver: () => boolean,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let failed = 0;
    const tryNext = (): void => {
      const address = addresses[next++];
      if (address === undefined || isOver()) return;
      const socket = connect({
        host: address,
        port,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
      });
      attempts.add(socket);
      const stagger = setTimeout(tryNext, staggerMs);
      socket.once('close', () => clearTimeout(stagger));
      const onError = (error: Error): void => {
        clearTimeout(stagger);
        if (++failed === addresses.length) reject(error);
        else tryNext();
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(stagger);
        socket.off('error', onError);
        // Whoever gets the socket listens from the next microtask on; an error before that must not be unheard.
        socket.on('error', () => {});
        resolve(socket);
      });
    };
    tryNext();
  });
}
