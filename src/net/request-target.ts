import { type Authority, parseHostPort } from '../core/hosts.ts';

export type RequestTarget =
  | {
      form: 'absolute';
      scheme: 'http' | 'https';
      authority: Authority;
      /** As the client wrote it, for the Host header. */
      host: string;
      /** Origin form, byte for byte. */
      path: string;
    }
  | { form: 'origin'; path: string }
  | { form: 'malformed'; message: string };

const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)$/i;
const DEFAULT_PORTS = { http: 80, https: 443 };

/** Our own reading of the request line: what node:http and http-mitm-proxy make of it loses user info, ports and IPv6. */
export function parseRequestTarget(target: string): RequestTarget {
  if (target.startsWith('/')) return { form: 'origin', path: target };
  const [, schemeText, host, rest] = ABSOLUTE.exec(target) ?? [];
  if (schemeText === undefined || host === undefined || rest === undefined) {
    return malformed('the request target is neither a path nor an absolute http:// URL');
  }
  const scheme = schemeText.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return malformed('only http:// and https:// URLs are forwarded');
  const authority = parseHostPort(host, DEFAULT_PORTS[scheme]);
  if (authority === null)
    return malformed('the host or port of the URL is malformed (user:password@ is not allowed there)');
  return { form: 'absolute', scheme, authority, host, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Clients may name the host in the target as well. */
export function originForm(path: string): string {
  const target = parseRequestTarget(path);
  return target.form === 'malformed' ? path : target.path;
}

function malformed(message: string): RequestTarget {
  return { form: 'malformed', message };
}
