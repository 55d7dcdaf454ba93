/** One flat error with a stable `code`; `message` says what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Whose value was refused; null = no option's, or nobody said whose. */
  readonly option: OptionPart | null;

  constructor(code: ErrorCode, message: string, { option = null, ...options }: AppErrorOptions = {}) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.option = option;
  }
}

export interface AppErrorOptions {
  cause?: unknown;
  option?: OptionPart | null;
}

/** An option of the configuration, or a part of its value. */
export interface OptionPart {
  /** As in `llm-proxy.toml`. */
  key: string;
  /** Of a list of tables: which, from 0, or the one with this `id`; and which member of it. */
  index?: number;
  id?: string;
  member?: string;
}

/** Runs what reads an option: what it refuses is the value of that option, where it does not say it better itself. */
export function forOption<T>(option: OptionPart, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError) || error.option !== null) throw error;
    throw new AppError(error.code, error.message, { cause: error.cause ?? error, option });
  }
}

export type ErrorCode =
  // configuration and start
  | 'config_invalid'
  | 'port_in_use'
  | 'ca_unusable'
  | 'store_unusable'
  /** A newer version has written it. */
  | 'store_newer'
  | 'store_foreign'
  | 'not_running'
  | 'already_running'
  /** No daemon is behind it, so nothing can be changed. */
  | 'read_only'
  // policy: the request is refused
  | 'authority_malformed'
  | 'address_refused'
  | 'loop'
  | 'sni_mismatch'
  | 'client_not_allowed'
  | 'request_too_large'
  | 'request_malformed'
  // modes: the call is not let through, or cannot go where it should
  | 'steered'
  | 'no_target'
  | 'target_busy'
  | 'target_unavailable'
  | 'not_convertible'
  | 'not_readable'
  // signing
  | 'aws_credentials'
  // upstream
  | 'upstream_unresolvable'
  | 'upstream_refused'
  | 'upstream_timeout'
  | 'upstream_reset'
  | 'upstream_certificate'
  | 'upstream_tls'
  | 'upstream_proxy';

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const DISK_FAULTS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** The disk is full, read-only or broken: no mistake of whoever started us, and often over soon. */
export function isDiskFault(error: unknown): boolean {
  return DISK_FAULTS.has(codeOf(error) ?? '');
}

/** The `code` of a Node or App error, if any. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
