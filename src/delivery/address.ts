/** An address of the configuration: what is dialled, what people see of it, and the credentials that stood in it. */

export interface Address {
  /** Without credentials. */
  url: string;
  /** Without credentials and query: for people. */
  shown: string;
  /** `authorization`, where the address had a name or a password; else empty. */
  headers: Record<string, string>;
}

/**
 * @param path is appended where the address does not end in it; null = nothing is
 * @throws TypeError when it is no URL
 */
export function addressOf(text: string, path: string | null): Address {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  if (path !== null) {
    const base = url.pathname.replace(/\/+$/, '');
    url.pathname = base.endsWith(path) ? base : base + path;
  }
  const pair = `${decoded(username)}:${decoded(password)}`;
  const basic = `Basic ${Buffer.from(pair).toString('base64')}`;
  return {
    url: url.href,
    shown: path === null ? url.origin : url.origin + url.pathname,
    headers: username === '' && password === '' ? {} : { authorization: basic },
  };
}

/** As it stands, where a `%` is no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
