import { AppError } from '../core/errors.ts';
import { normaliseHost } from '../core/hosts.ts';
import type { Target } from './types.ts';

/** One rule of `--connect-to`: null matches, or keeps, whatever is there. */
export interface ConnectTo {
  host: string | null;
  port: number | null;
  toHost: string | null;
  toPort: number | null;
}

const FIELD = String.raw`(\[[^\]]*\]|[^:\[\]]*)`;
const RULE = new RegExp(`^${FIELD}:(\\d*):${FIELD}:(\\d*)$`);

/** `HOST:PORT:ADDR:PORT` as curl's: an empty field matches any, or changes nothing. IPv6 in brackets. */
export function parseConnectTo(text: string): ConnectTo {
  const match = RULE.exec(text);
  if (match === null) {
    throw new AppError('config_invalid', `connect-to ${text}: expected HOST:PORT:ADDR:PORT (empty fields match any)`);
  }
  const [, host = '', port = '', toHost = '', toPort = ''] = match;
  return {
    host: hostField(host, text),
    port: portField(port, text),
    toHost: hostField(toHost, text),
    toPort: portField(toPort, text),
  };
}

/** Where `target` is to be dialled: the first rule that matches decides. TLS goes on naming `target`. */
export function redirect(target: Target, rules: readonly ConnectTo[]): Target {
  const rule = rules.find(
    ({ host, port }) => (host === null || host === target.host) && (port === null || port === target.port),
  );
  if (rule === undefined) return target;
  return { host: rule.toHost ?? target.host, port: rule.toPort ?? target.port };
}

function hostField(field: string, text: string): string | null {
  if (field === '') return null;
  const host = normaliseHost(field);
  if (host === null) throw new AppError('config_invalid', `connect-to ${text}: ${field} is not a host`);
  return host;
}

function portField(field: string, text: string): number | null {
  if (field === '') return null;
  const port = Number(field);
  if (port < 1 || port > 65_535) throw new AppError('config_invalid', `connect-to ${text}: ${field} is not a port`);
  return port;
}
