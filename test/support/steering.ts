import type { Config } from '../../src/config/load.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { HostDirectory } from '../../src/net/types.ts';
import { type OpenedModes, openModes } from '../../src/net/modes.ts';
import type { ModeConfig } from '../../src/gateway/configure.ts';

export const TARGET_DEFAULTS: Config['target'] = {
  auth: null,
  auth_header: null,
  format: 'same',
  provider: null,
  max_concurrent: 50,
  max_calls: 0,
  timeout_secs: 300,
  retries: 0,
  fallback: [],
  max_tokens: null,
  temperature: null,
  top_p: null,
};

export interface ModesOptions extends Partial<Omit<ModeConfig, 'target'>> {
  target?: Partial<Config['target']>;
  env?: Record<string, string>;
  lookup?: HostDirectory['lookup'];
}

/** Modes as the daemon has them; every provider is one of models. */
export function modesFor({ target, env = {}, lookup, ...config }: ModesOptions): OpenedModes {
  const find =
    lookup ?? ((host: string) => (host.endsWith('provider.example') ? { provider: 'test', intercept: true } : null));
  return openModes({
    config: {
      mode: null,
      target_url: null,
      model: null,
      allow_anthropic_only: true,
      models: [],
      rules: [],
      ...config,
      target: { ...TARGET_DEFAULTS, ...target },
    },
    env,
    hosts: { get: () => null, lookup: find },
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}
