/** What happens to a connection. Pure: it decides, connect and http-engine act. */
import { isIpAddress, matchesAuthority, normaliseHost } from '../core/hosts.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ClientHello } from '../wire/client-hello.ts';
import { isLoopback, isMetadataName } from './addresses.ts';
import type { HostDirectory, LeafSource, Reach, Target } from './types.ts';

export interface PolicyRules {
  hosts: HostDirectory;
  /** Patterns of `--intercept`: intercepted beside the providers. */
  intercept: readonly string[];
  /** Patterns of `--tunnel`: never intercepted; stronger than the list above. */
  tunnel: readonly string[];
  leaves: Pick<LeafSource, 'covers'>;
  /** Absent = no mode keeps calls from their providers. */
  guard?: Guard;
}

/** Calls that are to go to a target: what cannot be read of them must not pass. */
export interface Guard {
  /** There are such calls at all. */
  isOn(): boolean;
  /** Some calls to this host are. */
  guards(target: Target): boolean;
}

/** What is known of the client's first bytes. */
export type FirstBytes =
  /** Not looked at yet. */
  | 'unread'
  /** The client waits for the server to speak first, or for nothing. */
  | 'silent'
  | 'not-tls'
  | ClientHello;

type TunnelReason =
  | 'not_provider'
  | 'not_named'
  | 'user_list'
  | 'not_covered'
  | 'not_tls'
  | 'silent'
  | 'no_server_name'
  | 'h2_only'
  | 'other_protocol';

export type Verdict =
  /** Read the first bytes and ask again. `brief`: most likely none of ours, do not make it wait. */
  | { action: 'peek'; patience: 'hello' | 'brief' }
  /** `target` is the name to dial and to verify: the server name where the client gave an IP address. */
  | { action: 'intercept'; target: Target; provider: string | null }
  | { action: 'tunnel'; reason: TunnelReason }
  | { action: 'refuse'; code: ErrorCode; status: 403 | 421; message: string };

/**
 * What a client may reach at a host that it names itself: behind `--host`, neighbours get no way to what listens on this
 * machine's loopback addresses for itself alone.
 */
export function reachOf(client: string, target: Target, rules: PolicyRules): Reach {
  const isKnown = rules.hosts.lookup(target.host, target.port) !== null || matches(target, rules.intercept);
  return isKnown || isLoopback(client) ? 'anywhere' : 'outside';
}

/** A CONNECT: an opaque tunnel, whose first bytes may tell what is in it. */
export function decideConnect(target: Target, first: FirstBytes, rules: PolicyRules): Verdict {
  const verdict = decideTunnel(target, first, rules);
  if (verdict.action !== 'tunnel') return verdict;
  const named = typeof first === 'string' || first.serverName === null ? null : normaliseHost(first.serverName);
  const also = named === null ? [] : [{ host: named, port: target.port }];
  return guarded([target, ...also], verdict, rules) ?? verdict;
}

function decideTunnel(target: Target, first: FirstBytes, rules: PolicyRules): Verdict {
  const known = refusalOf(target) ?? (matches(target, rules.tunnel) ? tunnel('user_list') : null);
  if (known !== null) return known;
  if (isIpAddress(target.host)) return decideAddress(target, first, rules);
  const reason = reasonToTunnel(target, rules);
  if (reason !== null) return tunnel(reason);
  if (first === 'unread') return { action: 'peek', patience: 'hello' };
  if (first === 'silent') return tunnel('silent');
  if (first === 'not-tls') return tunnel('not_tls');
  if (first.serverName !== null && normaliseHost(first.serverName) !== target.host)
    return mismatch(target, first.serverName);
  return decideHello(target, first, rules);
}

/** An absolute-form request: parsed already. `intercept` = metered, `tunnel` = forwarded only. */
export function decideAbsolute(target: Target, rules: PolicyRules): Exclude<Verdict, { action: 'peek' }> {
  const refused = refusalOf(target);
  if (refused !== null) return refused;
  if (matches(target, rules.tunnel)) return unread(target, 'user_list', rules);
  const entry = rules.hosts.lookup(target.host, target.port);
  if (entry?.intercept !== true && !matches(target, rules.intercept))
    return unread(target, entry === null ? 'not_provider' : 'not_named', rules);
  return { action: 'intercept', target, provider: entry?.provider ?? null };
}

function unread(target: Target, reason: TunnelReason, rules: PolicyRules): Exclude<Verdict, { action: 'peek' }> {
  return guarded([target], tunnel(reason), rules) ?? tunnel(reason);
}

const WHY_UNREAD: Partial<Record<TunnelReason, string>> = {
  user_list: 'it is one of --tunnel',
  not_covered: 'the local CA does not cover it: llm-proxy ca add',
  not_tls: 'this is not TLS',
  silent: 'the client says nothing',
  h2_only: 'the client speaks HTTP/2 alone',
  other_protocol: 'the client speaks another protocol',
};

/** Null = it may pass unread. */
function guarded(
  targets: readonly Target[],
  { reason }: { reason: TunnelReason },
  { guard }: PolicyRules,
): (Verdict & { action: 'refuse' }) | null {
  const found = guard?.isOn() === true ? targets.find((target) => guard.guards(target)) : undefined;
  if (found === undefined) return null;
  const why = WHY_UNREAD[reason] ?? 'it is not intercepted';
  const message = `Calls to ${found.host} are to go to a target, and this one cannot be read (${why}): it is not let through`;
  return { action: 'refuse', code: 'steered', status: 403, message };
}

/** A CONNECT to an IP address: policy follows the server name, against which the upstream is verified too. */
function decideAddress(target: Target, first: FirstBytes, rules: PolicyRules): Verdict {
  if (first === 'unread') return { action: 'peek', patience: 'brief' };
  if (first === 'silent') return tunnel('silent');
  if (first === 'not-tls') return tunnel('not_tls');
  const host = first.serverName === null ? null : normaliseHost(first.serverName);
  if (host === null || isIpAddress(host)) return tunnel('no_server_name');
  const named = { host, port: target.port };
  const reason = matches(named, rules.tunnel) ? 'user_list' : reasonToTunnel(named, rules);
  return reason === null ? decideHello(named, first, rules) : tunnel(reason);
}

function decideHello(target: Target, hello: ClientHello, rules: PolicyRules): Verdict {
  // A client that offers no ALPN speaks HTTP/1.1.
  if (hello.alpn !== null && !hello.alpn.some((protocol) => protocol === 'http/1.1' || protocol === 'http/1.0')) {
    return tunnel(hello.alpn.includes('h2') ? 'h2_only' : 'other_protocol');
  }
  return { action: 'intercept', target, provider: rules.hosts.lookup(target.host, target.port)?.provider ?? null };
}

/** Why a name is tunnelled before its first bytes are seen, or null. */
function reasonToTunnel(target: Target, rules: PolicyRules): TunnelReason | null {
  const entry = rules.hosts.lookup(target.host, target.port);
  if (entry?.intercept !== true && !matches(target, rules.intercept))
    return entry === null ? 'not_provider' : 'not_named';
  return rules.leaves.covers(target.host) ? null : 'not_covered';
}

function refusalOf(target: Target): (Verdict & { action: 'refuse' }) | null {
  if (!isMetadataName(target.host)) return null;
  const message = `${target.host} is a cloud metadata service: llm-proxy never forwards to it`;
  return { action: 'refuse', code: 'address_refused', status: 403, message };
}

function mismatch(target: Target, serverName: string): Verdict {
  const shown = normaliseHost(serverName) ?? 'a malformed name';
  const message = `CONNECT names ${target.host} but TLS asks for ${shown}: one of them is wrong`;
  return { action: 'refuse', code: 'sni_mismatch', status: 421, message };
}

function tunnel(reason: TunnelReason): { action: 'tunnel'; reason: TunnelReason } {
  return { action: 'tunnel', reason };
}

function matches(target: Target, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesAuthority(target, pattern));
}
