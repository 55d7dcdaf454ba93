/** What becomes of a call: by mode, rule and registry. The mode of the moment is its only state. */
import type { Mode } from '../core/capture.ts';
import { globOf } from '../core/globs.ts';
import type { Parameters } from './body-model.ts';
import type { ModelEntry, Rule, Target } from './targets.ts';

/** How the modes are set. */
export interface SteeringOptions {
  mode: Mode;
  target: Target | null;
  /** Of the target, for any call; null = as the client names it. */
  model: string | null;
  parameters: Parameters;
  fallback: readonly string[];
  models: readonly ModelEntry[];
  rules: readonly Rule[];
  /** Whether calls of a provider are calls of models: the others are never steered by a mode. */
  isModelProvider(provider: string): boolean;
}

/** What can be said of a call before its body: nothing becomes of it, a copy is made in any case, or it must be read. */
export type Outlook = 'pass' | 'copy' | 'read';

/** A place for a call. */
export interface Destination {
  target: Target;
  /** As the target is asked for it; null = as the client named it. */
  model: string | null;
  parameters: Parameters;
}

export type Decision =
  | { action: 'pass' }
  | {
      action: 'target' | 'compare';
      /** Why: the name of a rule, `mode` or `model`. */
      rule: string;
      /** In the order in which they are tried. */
      destinations: readonly [Destination, ...Destination[]];
    }
  /** It is to go to a target, and there is none for it. */
  | { action: 'refuse'; message: string };

/** What changes while the daemon runs. */
export interface ModeSettings {
  mode: Mode;
  target: Target | null;
  model: string | null;
}

export class Steering {
  readonly #options: SteeringOptions;
  readonly #models: ReadonlyMap<string, ModelEntry>;
  readonly #listeners: (() => void)[] = [];
  #now: ModeSettings;

  constructor(options: SteeringOptions) {
    this.#options = options;
    this.#models = new Map(options.models.map((entry) => [entry.id, entry]));
    this.#now = { mode: options.mode, target: options.target, model: options.model };
  }

  get now(): Readonly<ModeSettings> {
    return this.#now;
  }

  /** The registry, and the model that is forced if it is empty. */
  get models(): readonly ModelEntry[] {
    const { models } = this.#options;
    const { model } = this.#now;
    return models.length > 0 || model === null ? models : [plainEntry(model)];
  }

  set(settings: ModeSettings): void {
    this.#now = settings;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @param provider null = nobody knows whose the host is: no mode means it. */
  outlook(provider: string | null): Outlook {
    if (provider === null) return 'pass';
    const rules = this.#rulesFor(provider);
    const mode = this.#lastWord(rules, provider);
    // What the registry has goes its own way, whatever the mode, and which model is asked for is in the body.
    const isOpen = rules.some(({ model }) => model !== null) || this.#hasModelsFor(provider);
    if (isOpen) return 'read';
    return mode === 'target' ? 'read' : mode === 'compare' ? 'copy' : 'pass';
  }

  /** True: there is a target that calls are kept from their providers for. */
  get guardsAny(): boolean {
    return this.#now.mode === 'target' || this.#options.rules.some(({ mode }) => mode === 'target');
  }

  /** True: some call of this provider may be one that must not reach it, so what cannot be read must not pass. */
  guards(provider: string | null): boolean {
    if (provider === null) return false;
    const rules = this.#rulesFor(provider);
    if (rules.some((rule) => (rule.mode ?? this.#modeFor(provider)) === 'target')) return true;
    return this.#lastWord(rules, provider) === 'target';
  }

  /** @param asked the model that the client names; null = none, or it cannot be read. */
  decide(provider: string | null, asked: string | null): Decision {
    if (provider === null) return { action: 'pass' };
    const rule = this.#rulesFor(provider).find(({ model }) => fits(model, asked));
    const mode = rule?.mode ?? this.#modeFor(provider);
    if (mode !== 'target' && rule?.mode !== 'passthrough' && this.#isOwn(provider, asked))
      return this.#toward('target', 'model', this.#chain(asked, asked));
    return mode === 'passthrough' ? { action: 'pass' } : this.#elsewhere(mode, rule, asked);
  }

  #elsewhere(mode: 'target' | 'compare', rule: Rule | undefined, asked: string | null): Decision {
    const chain = this.#chain(rule?.to ?? this.#now.model ?? asked, asked);
    // Copies have no second place: a comparison is with one model.
    return this.#toward(mode, rule?.name ?? 'mode', mode === 'compare' ? chain.slice(0, 1) : chain);
  }

  #toward(action: 'target' | 'compare', rule: string, destinations: readonly Destination[]): Decision {
    const [first, ...others] = destinations;
    if (first !== undefined) return { action, rule, destinations: [first, ...others] };
    if (action === 'compare') return { action: 'pass' };
    const message =
      'This call is to go to a target, and there is none for its model: name one with --target-url or [[models]]';
    return { action: 'refuse', message };
  }

  /** @param wanted the model to ask for; null = the one that the client names. */
  #chain(wanted: string | null, asked: string | null): Destination[] {
    const own = this.#models.get(wanted ?? '')?.fallback ?? [];
    const rest = own.length > 0 ? own : this.#options.fallback;
    return [wanted, ...rest].flatMap((name) => this.#destination(name, asked) ?? []);
  }

  #destination(wanted: string | null, asked: string | null): Destination | null {
    const entry = wanted === null ? undefined : this.#models.get(wanted);
    const target = entry?.target ?? this.#now.target;
    if (target === null) return null;
    const model = entry?.model ?? wanted;
    return {
      target,
      model: model === asked ? null : model,
      parameters: { ...(target === this.#now.target ? this.#options.parameters : {}), ...entry?.parameters },
    };
  }

  /** What the rules without a model, or the mode, say of a provider. */
  #lastWord(rules: readonly Rule[], provider: string): Mode {
    return rules.find(({ model }) => model === null)?.mode ?? this.#modeFor(provider);
  }

  #modeFor(provider: string): Mode {
    return this.#options.isModelProvider(provider) ? this.#now.mode : 'passthrough';
  }

  #isOwn(provider: string, asked: string | null): boolean {
    return asked !== null && this.#models.has(asked) && this.#hasModelsFor(provider);
  }

  #hasModelsFor(provider: string): boolean {
    return this.#models.size > 0 && this.#options.isModelProvider(provider);
  }

  /** Those behind one that is for every model are never reached. */
  #rulesFor(provider: string): readonly Rule[] {
    const rules = this.#options.rules.filter((rule) => fits(rule.provider, provider));
    const last = rules.findIndex(({ model }) => model === null);
    return last < 0 ? rules : rules.slice(0, last + 1);
  }
}

function fits(pattern: string | null, text: string | null): boolean {
  return pattern === null || (text !== null && globOf(pattern)(text));
}

function plainEntry(id: string): ModelEntry {
  return {
    id,
    displayName: null,
    target: null,
    model: id,
    parameters: {},
    fallback: [],
    contextWindow: null,
    maxOutputTokens: null,
  };
}
