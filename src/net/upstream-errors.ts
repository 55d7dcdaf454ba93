import { AppError, codeOf, messageOf, type ErrorCode } from '../core/errors.ts';
import type { Target } from './types.ts';

/** OpenSSL's verify codes as Node spells them, in words that follow "the certificate of HOST". */
const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not yet valid',
  CERT_REVOKED: 'has been revoked',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_REJECTED: 'is marked as rejected',
  CERT_SIGNATURE_FAILURE: 'has a broken signature',
  CERT_CHAIN_TOO_LONG: 'has a chain that is too long',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'comes from an unknown authority (a self-signed certificate in its chain)',
  UNABLE_TO_GET_ISSUER_CERT: 'comes from an unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'comes from an unknown issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'comes from an unknown issuer, or its chain is incomplete',
  INVALID_CA: 'was issued by a certificate that is no authority',
  INVALID_PURPOSE: 'is not meant for servers',
  PATH_LENGTH_EXCEEDED: 'has a chain longer than its authority allows',
  PERMITTED_VIOLATION: 'carries a name that its authority may not sign',
  EXCLUDED_VIOLATION: 'carries a name that its authority may not sign',
  EE_KEY_TOO_SMALL: 'has a key that is too small',
  CA_MD_TOO_WEAK: 'is signed with a digest that is too weak',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
};

const ADVICE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: ' (trust it with --upstream-ca FILE)',
  SELF_SIGNED_CERT_IN_CHAIN: ' (trust that authority with --upstream-ca FILE)',
  UNABLE_TO_GET_ISSUER_CERT: ' (trust that issuer with --upstream-ca FILE)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ' (trust that issuer with --upstream-ca FILE)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ' (trust that issuer with --upstream-ca FILE)',
};

const DIAL_FAILURES: Readonly<Record<string, readonly [ErrorCode, (target: Target) => string]>> = {
  ENOTFOUND: ['upstream_unresolvable', ({ host }) => `cannot resolve ${host}: no such name`],
  ENODATA: ['upstream_unresolvable', ({ host }) => `cannot resolve ${host}: it has no address`],
  EAI_AGAIN: ['upstream_unresolvable', ({ host }) => `cannot resolve ${host}: no answer from the name server`],
  EAI_FAIL: ['upstream_unresolvable', ({ host }) => `cannot resolve ${host}: the name server failed`],
  ETIMEDOUT: ['upstream_timeout', ({ host, port }) => `no answer from ${host}:${port}`],
  ECONNRESET: ['upstream_reset', ({ host, port }) => `${host}:${port} reset the connection`],
  EPIPE: ['upstream_reset', ({ host, port }) => `${host}:${port} closed the connection`],
  ECONNREFUSED: ['upstream_refused', ({ host, port }) => `${host}:${port} refused the connection`],
  EHOSTUNREACH: ['upstream_refused', ({ host, port }) => `no route to ${host}:${port}`],
  ENETUNREACH: ['upstream_refused', ({ host, port }) => `no network to ${host}:${port}`],
};

/** Why a TCP connection (or the name lookup before it) failed. */
export function dialError(target: Target, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const known = DIAL_FAILURES[codeOf(error) ?? ''];
  if (known !== undefined) return upstreamError(known[0], known[1](target), error);
  const detail = codeOf(error) ?? messageOf(error);
  return upstreamError('upstream_refused', `cannot connect to ${target.host}:${target.port} (${detail})`, error);
}

/** Why a TLS handshake failed. @param verifyCode `TLSSocket.authorizationError`, if there is one. */
export function handshakeError(target: Target, error: unknown, verifyCode: string | null): AppError {
  if (error instanceof AppError) return error;
  const code = verifyCode ?? codeOf(error) ?? '';
  const reason = CERTIFICATE_REASONS[code];
  if (reason !== undefined || verifyCode !== null) {
    const words = reason ?? `was refused (${code})`;
    return upstreamError(
      'upstream_certificate',
      `the certificate of ${target.host} ${words}${ADVICE[code] ?? ''}; nothing was sent`,
      error,
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return upstreamError('upstream_reset', `${target.host}:${target.port} closed the connection during TLS`, error);
  }
  return upstreamError('upstream_tls', `TLS with ${target.host}:${target.port} failed: ${messageOf(error)}`, error);
}

export function timeoutError(target: Target, what: string, ms: number): AppError {
  const message = `${what} ${target.host}:${target.port} took longer than ${ms} ms`;
  return new AppError('upstream_timeout', message);
}

function upstreamError(code: ErrorCode, message: string, cause: unknown): AppError {
  return new AppError(code, message, { cause });
}

/** Of an upstream that was reached, and gave no answer. */
export function answerError(error: unknown, { host }: Pick<Target, 'host'>): AppError {
  const code = codeOf(error) ?? '';
  if (code.startsWith('HPE_'))
    return new AppError('upstream_reset', `${host} sent an answer that is not well-formed HTTP/1.1 (${code})`, {
      cause: error,
    });
  return new AppError('upstream_reset', `${host} closed the connection before it answered: ${messageOf(error)}`, {
    cause: error,
  });
}
