/** What every call to a target needs: its state, its key, whose it is in the records. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { HeaderPairs } from '../core/headers.ts';
import type { Destination } from '../gateway/steering.ts';
import { TargetHealth } from '../gateway/target-health.ts';
import { type ClientCall, type TargetRequest, targetRequest, urlAtTarget } from '../gateway/target-request.ts';
import { originOf, type Target } from '../gateway/targets.ts';
import type { TargetSecrets } from './target-secrets.ts';
import type { Via } from './via.ts';

export interface TargetsOptions {
  secrets: Pick<TargetSecrets, 'get'>;
  clock: Clock;
  /** Null = nobody knows whose host it is. */
  providerOf(host: string, port: number): string | null;
  /** Absent = calls that go in circles are not looked for. */
  via?: Via;
}

/** A request made for a target. */
export interface MadeRequest extends TargetRequest {
  /** For the record. */
  sentTo: string;
  sentModel: string | null;
}

const REFUSALS = { 400: 'not_convertible', 403: 'steered', 415: 'not_readable' } as const;

export class Targets {
  readonly #options: TargetsOptions;
  readonly #health = new Map<string, TargetHealth>();

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  healthOf({ backend, limits }: Target): TargetHealth {
    const key = `${originOf(backend)} ${limits.maxCalls} ${limits.maxCopies}`;
    const known = this.#health.get(key);
    if (known !== undefined) return known;
    const health = new TargetHealth(limits);
    this.#health.set(key, health);
    return health;
  }

  /** As its calls are recorded. */
  providerOf({ provider, backend: { host, port } }: Target): string | null {
    return provider ?? this.#options.providerOf(host, port);
  }

  /** Throws AppError `not_convertible`, `not_readable` or `steered`, or `config_invalid` when there is no key where one is to be. */
  request(call: ClientCall, destination: Destination, isCopy = false): MadeRequest {
    const { target } = destination;
    const secret = target.auth === null ? null : this.#options.secrets.get(target.auth);
    const { host, port } = target.backend;
    const provider = this.#options.providerOf(host, port);
    const made = targetRequest(call, destination, { secret, provider, wall: () => this.#options.clock.wall(), isCopy });
    if ('refused' in made) throw new AppError(REFUSALS[made.refused.status], made.refused.message);
    // It may be a proxy that sends it back.
    const { via } = this.#options;
    const passed: HeaderPairs = via === undefined || target.backend.scheme === 'https' ? [] : [['Via', via.own]];
    return {
      ...made,
      headers: [...made.headers, ...passed],
      sentTo: urlAtTarget(target, made.path),
      sentModel: made.model,
    };
  }

  get now(): number {
    return this.#options.clock.now();
  }
}

/** As node:http has them. */
export function rawOf(headers: HeaderPairs): string[] {
  return headers.flatMap(([name, value]) => [name, value]);
}
