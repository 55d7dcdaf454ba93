/** The modes as the configuration has them. Throws AppError `config_invalid` that says what is wrong. */
import type { Config } from '../config/load.ts';
import type { Mode } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import { Steering } from './steering.ts';
import {
  ANTHROPIC_ONLY,
  checkFallback,
  modelEntries,
  modeOf,
  parametersOf,
  rulesOf,
  type Target,
  type TargetDefaults,
  targetOf,
} from './targets.ts';

export type ModeConfig = Pick<
  Config,
  'mode' | 'target_url' | 'model' | 'allow_anthropic_only' | 'target' | 'models' | 'rules'
>;

export interface ConfiguredModes {
  steering: Steering;
  defaults: TargetDefaults;
  /** Of all targets that are known now. */
  auths: readonly string[];
  providers: readonly string[];
}

/** @param isModelProvider see SteeringOptions */
export function configuredModes(config: ModeConfig, isModelProvider: (provider: string) => boolean): ConfiguredModes {
  const { target: defaults, target_url: url } = config;
  const target = url === null ? null : targetOf(url, defaults, '--target-url');
  const models = modelEntries(config.models, defaults);
  const rules = rulesOf(config.rules);
  checkFallback(
    defaults.fallback,
    models.map(({ id }) => id),
    '[target]',
  );
  const mode = startMode(config, target);
  const targets = [target, ...models.map((entry) => entry.target)].filter((each) => each !== null);
  const steers = mode !== 'passthrough' || rules.some((rule) => rule.mode === 'target' || rule.mode === 'compare');
  if (steers && targets.length === 0)
    throw new AppError('config_invalid', `mode ${mode} needs a target: --target-url, or target_url in [[models]]`);
  if (config.model !== null && targets.length === 0)
    throw new AppError('config_invalid', '--model names the model of a target: it needs --target-url');
  const parameters = parametersOf(defaults);
  const { fallback } = defaults;
  const steering = new Steering({
    mode,
    target,
    model: config.model,
    parameters,
    fallback,
    models,
    rules,
    isModelProvider,
  });
  const auths = new Set(targets.flatMap(({ auth }) => auth ?? []));
  const providers = new Set([defaults, ...targets].flatMap(({ provider }) => provider ?? []));
  return { steering, defaults, auths: [...auths], providers: [...providers] };
}

function startMode({ mode, allow_anthropic_only: isAllowed }: ModeConfig, target: Target | null): Mode {
  if (mode === null) return target === null ? 'passthrough' : 'target';
  if (mode === ANTHROPIC_ONLY && !isAllowed)
    throw new AppError('config_invalid', `mode ${ANTHROPIC_ONLY} needs --allow-anthropic-only`);
  return modeOf(mode, 'mode');
}
