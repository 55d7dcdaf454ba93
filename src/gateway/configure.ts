/** The modes as the configuration has them. Throws AppError `config_invalid` that says what is wrong. */
import type { Config } from '../config/load.ts';
import type { Mode } from '../core/capture.ts';
import { AppError, forOption, type OptionPart } from '../core/errors.ts';
import { Steering } from './steering.ts';
import {
  ANTHROPIC_ONLY,
  checkFallback,
  modelEntries,
  modeOf,
  parametersOf,
  type Rule,
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
  /** Of all targets that are known now, each with the option that says so. */
  auths: ReadonlyMap<string, OptionPart>;
  providers: ReadonlyMap<string, OptionPart>;
}

/** @param isModelProvider see SteeringOptions */
export function configuredModes(config: ModeConfig, isModelProvider: (provider: string) => boolean): ConfiguredModes {
  const { target: defaults, target_url: url } = config;
  const target = url === null ? null : forOption({ key: 'target_url' }, () => targetOf(url, defaults, '--target-url'));
  const models = modelEntries(config.models, defaults);
  const rules = rulesOf(config.rules);
  const ids = models.map(({ id }) => id);
  forOption({ key: 'target.fallback' }, () => checkFallback(defaults.fallback, ids, '[target]'));
  const mode = startMode(config, target);
  const targets = [target, ...models.map((entry) => entry.target)].filter((each) => each !== null);
  if (targets.length === 0) requireNone(mode, rules);
  if (config.model !== null && targets.length === 0)
    throw invalid('model', '--model names the model of a target: it needs --target-url');
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
  const named = (member: 'auth' | 'provider'): Map<string, OptionPart> => {
    const ofModels = models.map((entry, index) => [entry.target, { key: 'models', index, member }] as const);
    // What `[target]` says of a provider is checked without a target, too.
    const own = member === 'provider' ? defaults : target;
    return optionsOf(member, [...ofModels, [own, { key: `target.${member}` }]]);
  };
  return { steering, defaults, auths: named('auth'), providers: named('provider') };
}

type Named = Readonly<Record<'auth' | 'provider', string | null>>;

function optionsOf(
  member: keyof Named,
  list: readonly (readonly [given: Named | null, option: OptionPart])[],
): Map<string, OptionPart> {
  const found = new Map<string, OptionPart>();
  for (const [given, option] of list) {
    const value = given?.[member] ?? null;
    if (value !== null) found.set(value, option);
  }
  return found;
}

function invalid(key: string, message: string): AppError {
  return new AppError('config_invalid', message, { option: { key } });
}

/** @throws AppError when calls are to go to a target, which there is not */
function requireNone(mode: Mode, rules: readonly Rule[]): void {
  const index = rules.findIndex((rule) => rule.mode === 'target' || rule.mode === 'compare');
  const hint = '--target-url, or target_url in [[models]]';
  if (mode !== 'passthrough') throw invalid('mode', `mode ${mode} needs a target: ${hint}`);
  if (index === -1) return;
  const words = `a rule with mode ${rules[index]?.mode ?? ''} needs a target: ${hint}`;
  throw new AppError('config_invalid', words, { option: { key: 'rules', index, member: 'mode' } });
}

function startMode({ mode, allow_anthropic_only: isAllowed }: ModeConfig, target: Target | null): Mode {
  if (mode === null) return target === null ? 'passthrough' : 'target';
  if (mode === ANTHROPIC_ONLY && !isAllowed)
    throw invalid('mode', `mode ${ANTHROPIC_ONLY} needs --allow-anthropic-only`);
  return forOption({ key: 'mode' }, () => modeOf(mode, 'mode'));
}
