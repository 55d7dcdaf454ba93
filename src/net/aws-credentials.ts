/** AWS credentials by the standard chain: the official one where it is installed, else variables and the shared files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, codeOf } from '../core/errors.ts';
import { userFolder } from '../core/user-folder.ts';
import type { AwsCredentials } from '../gateway/sigv4.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Found extends AwsCredentials {
  /** Milliseconds since the epoch; null = they stay. */
  expires: number | null;
}

export interface AwsCredentialsOptions {
  env: Env;
  /** Milliseconds since the epoch. */
  wall: () => number;
  /** The official chain, or null where it is not installed. */
  loadChain?: () => Promise<CredentialChain | null>;
  /** How long it may take to ask, milliseconds. */
  timeoutMs?: number;
}

/** As `defaultProvider()` of @aws-sdk/credential-provider-node gives it. */
export type CredentialChain = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
}>;

/** Before they expire, so that none expires on its way. */
const EARLY_MS = 5 * 60_000;
/** Files change without telling. */
const REREAD_MS = 60_000;
/** A login that waits for somebody at the keyboard would hold every call for good. */
const TIMEOUT_MS = 30_000;

/** Keeps what was found until shortly before it expires; asks once for all that ask at the same time. */
export class AwsCredentialSource {
  readonly #options: AwsCredentialsOptions;
  #known: { found: Found; until: number } | null = null;
  #asking: Promise<AwsCredentials> | null = null;

  constructor(options: AwsCredentialsOptions) {
    this.#options = options;
  }

  /** Rejects with AppError `aws_credentials`. */
  get(): Promise<AwsCredentials> {
    const now = this.#options.wall();
    if (this.#known !== null && now < this.#known.until) return Promise.resolve(this.#known.found);
    this.#asking ??= this.#renew(now).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** What is known stays good until it expires, whatever becomes of asking for the next. */
  async #renew(now: number): Promise<AwsCredentials> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    try {
      return await within(timeoutMs, this.#find(now));
    } catch (error) {
      const found = this.#known?.found;
      if (found?.expires === undefined || found.expires === null || found.expires <= now) throw error;
      return found;
    }
  }

  async #find(now: number): Promise<AwsCredentials> {
    const { env, loadChain = loadOfficialChain } = this.#options;
    const found = ofVariables(env) ?? (await ofChain(await loadChain())) ?? (await ofFiles(env));
    if (found === null) {
      throw new AppError(
        'aws_credentials',
        'no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile in ~/.aws/credentials; for SSO, roles, containers and instances install @aws-sdk/credential-provider-node beside llm-proxy',
      );
    }
    this.#known = { found, until: found.expires === null ? now + REREAD_MS : found.expires - EARLY_MS };
    return found;
  }
}

function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const message = `no AWS credentials: the credential chain has not answered for ${ms / 1000} seconds`;
    const timer = setTimeout(() => reject(new AppError('aws_credentials', message)), ms);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function ofVariables(env: Env): Found | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = env;
  if (accessKeyId === '' || secretAccessKey === '') return null;
  const token = env['AWS_SESSION_TOKEN'] ?? '';
  return { accessKeyId, secretAccessKey, sessionToken: token === '' ? null : token, expires: null };
}

async function ofChain(chain: CredentialChain | null): Promise<Found | null> {
  if (chain === null) return null;
  try {
    const { accessKeyId, secretAccessKey, sessionToken = null, expiration } = await chain();
    return { accessKeyId, secretAccessKey, sessionToken, expires: expiration?.getTime() ?? null };
  } catch (error) {
    throw new AppError('aws_credentials', `no AWS credentials: ${error instanceof Error ? error.message : 'unknown'}`, {
      cause: error,
    });
  }
}

/** An own profile names its keys in `credentials` or, with the word `profile`, in `config`. */
async function ofFiles(env: Env): Promise<Found | null> {
  const profile = env['AWS_PROFILE'] ?? env['AWS_DEFAULT_PROFILE'] ?? 'default';
  const home = userFolder(env);
  const own = (name: string): string => (home === null ? '' : join(home, '.aws', name));
  const shared = await readOptional(env['AWS_SHARED_CREDENTIALS_FILE'] ?? own('credentials'));
  const config = await readOptional(env['AWS_CONFIG_FILE'] ?? own('config'));
  const keys = {
    ...section(config, profile === 'default' ? 'default' : `profile ${profile}`),
    ...section(shared, profile),
  };
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: token } = keys;
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, sessionToken: token ?? null, expires: null };
}

async function readOptional(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return '';
    throw new AppError('aws_credentials', `${path} cannot be read: ${codeOf(error) ?? 'unknown'}`, { cause: error });
  }
}

function section(text: string, name: string): Record<string, string> {
  const found: Record<string, string> = {};
  let current = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) current = header.replaceAll(/\s+/g, ' ');
    const [, key, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (current === name && key !== undefined && value !== undefined && value !== '') found[key] = value;
  }
  return found;
}

/** Not a dependency: whoever needs it installs it. The name is a variable so that nothing looks for it earlier. */
async function loadOfficialChain(): Promise<CredentialChain | null> {
  const name = '@aws-sdk/credential-provider-node';
  try {
    const module = (await import(name)) as { defaultProvider?: () => CredentialChain };
    return module.defaultProvider?.() ?? null;
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null;
    throw new AppError('aws_credentials', `${name} cannot be loaded: ${codeOf(error) ?? 'unknown'}`, { cause: error });
  }
}
