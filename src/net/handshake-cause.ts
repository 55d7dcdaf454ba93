import { codeOf } from '../core/errors.ts';

/** Why a client's TLS handshake with us failed; a fixed set: these are counter labels. */
export type HandshakeCause =
  | 'cert-rejected'
  | 'no-shared-cipher'
  | 'protocol-version'
  | 'reset'
  | 'timeout'
  | 'closed'
  /** The handshake went well and the client left at once: programs that check certificates themselves do that. */
  | 'closed-unused'
  | 'unknown';

/** Alerts by which a client says that it does not like the certificate. */
const CERTIFICATE_ALERT =
  /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(?:UNKNOWN|EXPIRED|REVOKED)|UNSUPPORTED_CERTIFICATE)/;

/** @param error what the TLSSocket gave; null = it just ended. */
export function handshakeCause(error: unknown): HandshakeCause {
  if (error === null) return 'closed';
  const code = codeOf(error) ?? '';
  if (CERTIFICATE_ALERT.test(code)) return 'cert-rejected';
  if (code === 'ERR_SSL_NO_SHARED_CIPHER' || code === 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM')
    return 'no-shared-cipher';
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION/.test(code)) return 'protocol-version';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return 'unknown';
}

export function hintFor(cause: HandshakeCause): string {
  switch (cause) {
    case 'cert-rejected':
      return 'the client does not trust our certificate: set its CA variables (llm-proxy env), or tunnel this host';
    case 'closed':
    case 'closed-unused':
    case 'reset':
      return 'the client left during or right after TLS: it may not trust our certificate, see llm-proxy doctor';
    case 'no-shared-cipher':
    case 'protocol-version':
      return 'the client speaks no TLS that we speak (1.2 and 1.3): tunnel this host';
    case 'timeout':
    case 'unknown':
      return 'the TLS handshake with the client failed: see llm-proxy doctor';
  }
}
