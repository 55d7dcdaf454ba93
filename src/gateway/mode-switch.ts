/** Modes as they are asked for while the daemon runs, and who may leave a target again. Pure. */
import type { Mode } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { ModeAnswer, ModeState } from '../core/ports.ts';
import { parseBackend } from './backend.ts';
import type { Steering } from './steering.ts';
import { ANTHROPIC_ONLY, modeOf, originOf, type Target, type TargetDefaults, targetOf } from './targets.ts';

export interface ModeSwitchOptions {
  steering: Steering;
  defaults: TargetDefaults;
  /** `--allow-anthropic-only`. */
  allowsProviders: boolean;
  /** Whether a host is that of a provider. */
  isProvider(host: string, port: number): boolean;
}

interface Asked {
  mode: Mode;
  name: string;
  target: Target | null;
  model: string | null;
}

export class ModeSwitch {
  readonly #options: ModeSwitchOptions;
  /** As the daemon was started: its key goes there and nowhere else. */
  readonly #own: Target | null;
  readonly #isGuarded: boolean;

  constructor(options: ModeSwitchOptions) {
    this.#options = options;
    const { mode, target } = options.steering.now;
    this.#own = target;
    this.#isGuarded = mode !== 'passthrough' && !options.allowsProviders;
  }

  get state(): ModeState {
    const { mode, target, model } = this.#options.steering.now;
    const url = target === null ? null : originOf(target.backend) + target.backend.base;
    return { mode, target_url: url, model, guarded: this.#isGuarded };
  }

  /** @param change body of `PUT /api/mode`; null = none, just tell. */
  answer(change: unknown): ModeAnswer {
    return change === null ? { state: this.state } : this.change(change);
  }

  change(change: unknown): ModeAnswer {
    let asked: Asked;
    try {
      asked = this.#read(change);
    } catch (error) {
      return { refused: { status: 400, type: 'bad_request', message: messageOf(error) } };
    }
    const why = this.#reasonNotTo(asked);
    if (why !== null) return { refused: { status: 403, type: 'mode_not_allowed', message: why } };
    const { mode, target, model } = asked;
    this.#options.steering.set({ mode, target, model });
    return { state: this.state };
  }

  /** Throws AppError `config_invalid`. */
  #read(change: unknown): Asked {
    const members = membersOf(change);
    const { mode: name } = members;
    if (typeof name !== 'string') throw invalid("missing 'mode' field: passthrough, target or compare");
    const url = textOf(members, 'target_url') ?? null;
    const model = textOf(members, 'model');
    const { now, models } = this.#options.steering;
    const mode = modeOf(name, 'mode');
    const target = url === null ? now.target : this.#targetAt(url);
    if (mode !== 'passthrough' && target === null && models.every((entry) => entry.target === null))
      throw invalid(`mode ${mode} needs a target: target_url, or --target-url`);
    return { mode, name, target, model: model === undefined ? now.model : model };
  }

  /** A key is good for the server that it was configured for. */
  #targetAt(url: string): Target {
    const { defaults } = this.#options;
    const backend = parseBackend(url, 'target_url');
    const isOwn = this.#own !== null && originOf(this.#own.backend) === originOf(backend);
    return targetOf(
      url,
      isOwn ? defaults : { ...defaults, auth: null, auth_header: null, provider: null },
      'target_url',
    );
  }

  #reasonNotTo({ mode, name, target }: Asked): string | null {
    if (mode === 'passthrough' && name === ANTHROPIC_ONLY && !this.#options.allowsProviders)
      return `${ANTHROPIC_ONLY} needs --allow-anthropic-only at the start`;
    if (!this.#isGuarded) return null;
    if (mode === 'passthrough')
      return 'this daemon was started in mode target or compare: passthrough takes a start with --allow-anthropic-only';
    const isNew = target !== null && (this.#own === null || originOf(target.backend) !== originOf(this.#own.backend));
    if (isNew && this.#options.isProvider(target.backend.host, target.backend.port))
      return `${target.backend.host} is a provider, and this daemon was started in mode target or compare: that takes a start with --allow-anthropic-only`;
    return null;
  }
}

function membersOf(change: unknown): Readonly<Record<string, unknown>> {
  if (typeof change === 'object' && change !== null && !Array.isArray(change)) return { ...change };
  throw invalid('the body must be a JSON object such as {"mode": "compare"}');
}

/** `undefined` = it is not there. */
function textOf(members: Readonly<Record<string, unknown>>, name: string): string | null | undefined {
  const value = members[name];
  if (value === undefined || value === null || (typeof value === 'string' && value !== '')) return value;
  throw invalid(`${name} must be a text`);
}

function invalid(message: string): AppError {
  return new AppError('config_invalid', message);
}
