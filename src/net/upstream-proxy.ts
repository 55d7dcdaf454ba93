import type { Socket } from 'node:net';
import { AppError } from '../core/errors.ts';
import { formatAuthority, isIpAddress } from '../core/hosts.ts';
import { timeoutError } from './upstream-errors.ts';
import type { Target } from './types.ts';

/** A corporate proxy that stands between this machine and the providers. */
export interface UpstreamProxy extends Target {
  /** Value of `Proxy-Authorization`, or null. */
  authorization: string | null;
}

const HEAD_END = '\r\n\r\n';
const MAX_ANSWER_BYTES = 16 * 1024;

/** @param url `http://[user:password@]host:port`. Throws AppError `config_invalid`; the message holds no password. */
export function parseUpstreamProxy(url: string): UpstreamProxy {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.protocol !== 'http:' || parsed.hostname === '') {
    throw new AppError('config_invalid', 'upstream proxy: expected http://[user:password@]host:port');
  }
  const credentials = `${decoded(parsed.username)}:${decoded(parsed.password)}`;
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 80 : Number(parsed.port),
    authorization: parsed.username === '' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** A `%` that begins no escape is a character of the password: `URL` leaves it as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Asks the proxy at the other end of `socket` for a tunnel. Resolves when the bytes of `target` come next. */
export async function openTunnel(
  socket: Socket,
  proxy: UpstreamProxy,
  target: Target,
  timeoutMs: number,
  via?: string,
): Promise<void> {
  const host = isIpAddress(target.host) ? target.host : target.host.toLowerCase();
  const authority = formatAuthority({ host, port: target.port });
  const authorization = proxy.authorization === null ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  const passed = via === undefined ? '' : `Via: ${via}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}${passed}\r\n`);
  const { head, rest } = await readAnswer(socket, proxy, timeoutMs);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined || !status.startsWith('2')) {
    const [line = ''] = head.split('\r\n', 1);
    const said = status === undefined ? 'something that is not HTTP' : line.slice(9, 200);
    throw new AppError('upstream_proxy', `the upstream proxy ${proxy.host}:${proxy.port} answered: ${said}`);
  }
  if (rest.length > 0) socket.unshift(rest);
}

function readAnswer(socket: Socket, proxy: Target, timeoutMs: number): Promise<{ head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const stop = (): void => {
      clearTimeout(timer);
      // Nothing else of it may stay: a socket that was paused on purpose does not flow to the next who listens for data.
      socket.off('readable', onReadable).off('close', onClose).off('end', onClose);
    };
    const fail = (error: AppError): void => {
      stop();
      reject(error);
    };
    const onClose = (): void =>
      fail(new AppError('upstream_proxy', `the upstream proxy ${proxy.host}:${proxy.port} closed the connection`));
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf(HEAD_END);
      if (end >= 0) {
        stop();
        const rest = seen.subarray(end + HEAD_END.length);
        resolve({ head: seen.toString('latin1', 0, end), rest });
      } else if (seen.length > MAX_ANSWER_BYTES) {
        fail(new AppError('upstream_proxy', `the upstream proxy ${proxy.host}:${proxy.port} does not answer in HTTP`));
      }
    };
    const timer = setTimeout(() => fail(timeoutError(proxy, 'the tunnel through', timeoutMs)), timeoutMs);
    socket.on('readable', onReadable).once('close', onClose).once('end', onClose);
  });
}
