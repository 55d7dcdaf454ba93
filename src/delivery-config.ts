/** What the thread that sends calls to other systems is told of the configuration. */
import type { Config } from './config/load.ts';
import { systemClock } from './core/clock.ts';
import { AppError, forOption } from './core/errors.ts';
import type { LogOptions } from './core/log.ts';
import { readPostgresAddress } from './delivery/postgres-address.ts';
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
    since: new Date(systemClock.wall()).toISOString(),
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

/** Each checks its address itself, when it is made. */
function destinationsOf({ otlp, loki, postgres, clickhouse }: Config): DestinationsOptions {
  return {
    otlp:
      otlp.url === null
        ? null
        : {
            url: webAddress('otlp.url', otlp.url),
            protocol: otlp.protocol,
            headers: headersOf('otlp.headers', otlp.headers),
            bodies: otlp.bodies,
            serviceName: otlp.service_name,
            gzip: otlp.gzip,
          },
    loki:
      loki.url === null || !loki.enabled
        ? null
        : {
            url: webAddress('loki.url', loki.url),
            authToken: loki.auth_token,
            headers: headersOf('loki.headers', loki.headers),
            environment: loki.environment,
            gzip: loki.use_gzip,
            batchSize: loki.batch_size,
            bodies: loki.bodies,
          },
    postgres:
      postgres.url === null
        ? null
        : { url: checkedPostgres(postgres.url), schema: postgres.schema, bodies: postgres.bodies },
    clickhouse: clickhouse.url === null ? null : { ...clickhouse, url: webAddress('clickhouse.url', clickhouse.url) },
  };
}

function webAddress(key: string, url: string): string {
  const isOne = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (isOne) return url;
  // Not the address itself: it may hold a password.
  throw new AppError('config_invalid', `${key} must be an address that begins with http:// or https://`, {
    option: { key },
  });
}

function checkedPostgres(url: string): string {
  forOption({ key: 'postgres.url' }, () => readPostgresAddress(url));
  return url;
}

/** `NAME=VALUE`, as OTEL_EXPORTER_OTLP_HEADERS has them. */
function headersOf(key: string, pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    const value = pair.slice(at + 1).trim();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[^\t\u0020-\u007e]/.test(value))
      throw new AppError('config_invalid', `${key} must be NAME=VALUE, as headers are`, { option: { key } });
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(entries);
}
