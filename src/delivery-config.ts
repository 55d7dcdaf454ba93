/** What the thread that sends calls to other systems is told of the configuration. */
import type { Config } from './config/load.ts';
import { AppError, forOption } from './core/errors.ts';
import type { LogOptions } from './core/log.ts';
import type { DestinationsOptions } from './delivery/index.ts';
import type { DeliveryConfig } from './delivery/thread-messages.ts';
import { upstreamRoots } from './net/upstream-roots.ts';
import { machineName } from './recorder-config.ts';

export interface DeliveryInput {
  config: Config;
  env: NodeJS.ProcessEnv;
  version: string;
  logOptions: LogOptions;
}

/** Null = nothing is sent anywhere. @throws AppError `config_invalid`, which names the option */
export function deliveryConfig({ config, env, version, logOptions }: DeliveryInput): DeliveryConfig | null {
  const destinations = destinationsOf(config);
  if (namesOf(destinations).length === 0) return null;
  return {
    db: config.db,
    destinations,
    version,
    machine: machineName(),
    ca: forOption({ key: 'upstream_ca' }, () => upstreamRoots(config.upstream_ca, env)),
    localServers: config.local,
    ownProviders: config.provider,
    log: logOptions,
  };
}

/** Of those that are on. */
export function destinationNames(config: Config): string[] {
  return namesOf(destinationsOf(config));
}

function namesOf(destinations: DestinationsOptions): string[] {
  return Object.entries(destinations).flatMap(([name, options]) => (options === null ? [] : [name]));
}

function destinationsOf(config: Config): DestinationsOptions {
  return {};
}

/** `NAME=VALUE`, as OTEL_EXPORTER_OTLP_HEADERS has them. */
function headersOf(key: string, pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    const value = pair.slice(at + 1).trim();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[^\t\u0020-\u007e]/.test(value))
      throw new AppError('config_invalid', `${key} must be NAME=VALUE, as headers are`);
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(entries);
}
