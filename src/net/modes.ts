/** The modes of a daemon, put together from its configuration. */
import type { Clock } from '../core/clock.ts';
import { AppError, forOption } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { configuredModes, type ModeConfig } from '../gateway/configure.ts';
import { ModeSwitch } from '../gateway/mode-switch.ts';
import type { ProviderRegistry } from '../providers/registry.ts';
import type { SteerOptions } from './http-engine.ts';
import type { Guard } from './policy.ts';
import { TargetSecrets } from './target-secrets.ts';
import { Targets } from './targets.ts';
import type { Via } from './via.ts';

export interface ModesInput {
  config: ModeConfig;
  env: Readonly<Record<string, string | undefined>>;
  hosts: Pick<ProviderRegistry, 'get' | 'lookup'>;
  clock: Clock;
  log: Logger;
  via?: Via;
}

export interface OpenedModes {
  steer: SteerOptions;
  guard: Guard;
  switch: ModeSwitch;
}

/** Throws AppError `config_invalid`; so that a key that is missing is an error of the start, not of the first call. */
export function openModes({ config, env, hosts, clock, log, via }: ModesInput): OpenedModes {
  const isModelProvider = (id: string): boolean => ['model', 'gateway'].includes(hosts.get(id)?.kind ?? 'model');
  const { steering, defaults, auths, providers } = configuredModes(config, isModelProvider);
  for (const [id, option] of providers) {
    if (hosts.get(id) === null)
      throw new AppError('config_invalid', `provider of a target: there is no provider ${id}`, { option });
  }
  const secrets = new TargetSecrets({ env, clock });
  for (const [auth, option] of auths) forOption(option, () => secrets.get(auth));
  const providerOf = (host: string, port: number): string | null => hosts.lookup(host, port)?.provider ?? null;
  const modes = new ModeSwitch({
    steering,
    defaults,
    allowsProviders: config.allow_anthropic_only,
    isProvider: (host, port) => providerOf(host, port) !== null,
  });
  steering.onChange(() => log.info({ ...modes.state }, 'the mode was switched'));
  return {
    steer: { steering, targets: new Targets({ secrets, clock, providerOf, ...(via === undefined ? {} : { via }) }) },
    guard: {
      isOn: () => steering.guardsAny,
      guards: ({ host, port }) => steering.guards(providerOf(host, port)),
    },
    switch: modes,
  };
}
