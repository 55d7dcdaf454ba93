/** What would happen to a call, for people who want to know before they make it. Pure. */
import { AppError } from '../core/errors.ts';
import { isIpAddress, normaliseHost } from '../core/hosts.ts';
import type { PolicyAnswer } from '../core/ports.ts';
import { checkAddress } from './addresses.ts';
import { decideAbsolute, decideConnect, type PolicyRules, type Verdict } from './policy.ts';

const REASONS = {
  not_provider: 'no provider that is known serves this host: the tunnel is blind; --intercept decrypts it',
  not_named: 'its provider is none of models: the tunnel is blind until --intercept names the host',
  user_list: '--tunnel names this host: the tunnel is blind',
  not_covered: 'the certificate authority may not sign for this host: the tunnel is blind; llm-proxy ca add',
  not_tls: 'what is spoken there is no TLS: the tunnel is blind',
  silent: 'the client says nothing first: the tunnel is blind',
  no_server_name: 'an address has no name to make a certificate for: the tunnel is blind',
  h2_only: 'the client speaks HTTP/2 only: the tunnel is blind',
  other_protocol: 'the client speaks another protocol: the tunnel is blind',
} as const satisfies Record<(Verdict & { action: 'tunnel' })['reason'], string>;

const STEERED = 'it is decrypted, and sent where the mode says, not to its provider; metered and recorded';

/**
 * Of a client that speaks HTTP/1.1, as all do.
 * Throws AppError `config_invalid` for what is no http(s) address.
 */
export function explain(address: string, rules: PolicyRules): PolicyAnswer {
  const { scheme, host, port, path } = parsed(address);
  const forbidden = isIpAddress(host) ? checkAddress(host) : null;
  const provider = rules.hosts.lookup(host, port)?.provider ?? null;
  const place = { scheme, host, port, path, provider };
  if (forbidden !== null)
    return {
      ...place,
      verdict: 'refuse',
      reason: 'address_refused',
      message: `${host} is ${forbidden}: never dialled`,
    };
  const verdict = scheme === 'https' ? decideHttps(host, port, rules) : decideAbsolute({ host, port }, rules);
  const words = wordsOf(verdict);
  const isSteered = words.verdict === 'intercept' && rules.guard?.guards({ host, port }) === true;
  return { ...place, ...words, ...(isSteered ? { message: STEERED } : {}) };
}

function decideHttps(host: string, port: number, rules: PolicyRules): Verdict {
  const verdict = decideConnect({ host, port }, 'unread', rules);
  if (verdict.action !== 'peek') return verdict;
  return decideConnect({ host, port }, { serverName: host, alpn: ['http/1.1'] }, rules);
}

function wordsOf(verdict: Verdict): Pick<PolicyAnswer, 'verdict' | 'reason' | 'message'> {
  switch (verdict.action) {
    case 'refuse':
      return { verdict: 'refuse', reason: verdict.code, message: verdict.message };
    case 'tunnel':
      return { verdict: 'tunnel', reason: verdict.reason, message: REASONS[verdict.reason] };
    default:
      return { verdict: 'intercept', reason: null, message: 'it is decrypted, metered and recorded' };
  }
}

function parsed(address: string): Pick<PolicyAnswer, 'scheme' | 'host' | 'port' | 'path'> {
  const text = address.includes('://') ? address : `https://${address}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = url?.protocol.slice(0, -1);
  const host = url === null ? null : normaliseHost(url.hostname);
  if (url === null || host === null || (scheme !== 'https' && scheme !== 'http'))
    throw new AppError('config_invalid', 'url must be an address such as https://api.openai.com/v1/chat/completions');
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { scheme, host, port, path: url.pathname };
}
