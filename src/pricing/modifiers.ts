import { globOf } from '../core/globs.ts';
import { MODIFIER_RULES, type ModifierRule } from './modifier-rules.ts';
import { multiply, ONE, parseRatio, type Ratio } from './money.ts';
import type { PriceClass } from './price-table.ts';
import type { PriceQuestion } from './cost.ts';

/** What tier, speed and place do to the prices of one call. */
export interface Modifiers {
  factor(unit: PriceClass, isToken: boolean): Ratio;
  /** For people: `batch x0.5`; null = published prices as they are. */
  note: string | null;
  /** False: something is in force of which no price is published. */
  published: boolean;
}

export const NO_MODIFIERS: Modifiers = { factor: () => ONE, note: null, published: true };

const STANDARD: ReadonlySet<string> = new Set([
  '',
  'default',
  'standard',
  'auto',
  'on_demand',
  'on-demand',
  'standard_only',
  'standard_throughput',
  'traffic_type_unspecified',
  'global',
  'not_available',
]);
/** Vertex writes the tier as a kind of traffic. */
const SAME: Readonly<Record<string, string>> = { on_demand_priority: 'priority', on_demand_flex: 'flex' };

/** Providers with hosts for regions, and the host that is for none. */
const HOMES: Readonly<Record<string, string>> = { openai: 'api.openai.com', vertex: 'aiplatform.googleapis.com' };

type Facts = Pick<PriceQuestion, 'provider' | 'serviceTier' | 'speed' | 'region' | 'billing' | 'host'>;

/** @param models spellings of the model, to find it in the rules */
export function modifiersOf(facts: Facts, models: readonly string[]): Modifiers {
  const wanted = wantedOf(facts);
  if (wanted.length === 0) return NO_MODIFIERS;
  const key = `${facts.provider} ${wanted.map(({ kind, value }) => `${kind} ${value}`).join(' ')}`;
  const known = remembered(models);
  let modifiers = known.get(key);
  if (modifiers === undefined) {
    modifiers = inForce(facts.provider, wanted, models);
    if (known.size >= MEMO_ENTRIES) known.clear();
    known.set(key, modifiers);
  }
  return modifiers;
}

/** Tiers are what providers write: there is a bound. */
const MEMO_ENTRIES = 20;
/** By the names of a model, of which the matcher gives the same list each time. */
const MEMO = new WeakMap<readonly string[], Map<string, Modifiers>>();

function remembered(models: readonly string[]): Map<string, Modifiers> {
  const known = MEMO.get(models);
  if (known !== undefined) return known;
  const empty = new Map<string, Modifiers>();
  MEMO.set(models, empty);
  return empty;
}

interface Wanted {
  kind: ModifierRule['kind'];
  value: string;
}

function inForce(provider: string, wanted: readonly Wanted[], models: readonly string[]): Modifiers {
  const rules: ModifierRule[] = [];
  let published = true;
  const notes: string[] = [];
  for (const { kind, value } of wanted) {
    const rule = MODIFIER_RULES.find((candidate) => fits(candidate, provider, kind, value, models));
    // A host without a rule is a host like others; a tier without a rule has a price that we do not know.
    if (rule === undefined) {
      if (kind === 'host') continue;
      published = false;
      notes.push(`${shown(value)}: price not published`);
      continue;
    }
    rules.push(rule);
    if (rule.factor !== '1')
      notes.push(`${kind === 'host' || kind === 'region' ? `${kind} ${value}` : value} x${rule.factor}`);
  }
  const factors = new Map<string, Ratio>();
  const factor = (unit: PriceClass, isToken: boolean): Ratio => {
    const found = factors.get(unit) ?? factorOf(rules, unit, isToken);
    factors.set(unit, found);
    return found;
  };
  return { factor, note: notes.join(', ') || null, published };
}

function wantedOf({ provider, serviceTier, speed, region, billing, host }: Facts): Wanted[] {
  const wanted: Wanted[] = [];
  const tier = billing === 'batch' ? 'batch' : nameOf(serviceTier);
  if (!STANDARD.has(tier)) wanted.push({ kind: 'tier', value: tier });
  const pace = nameOf(speed);
  if (!STANDARD.has(pace)) wanted.push({ kind: 'speed', value: pace });
  const place = nameOf(region);
  if (!STANDARD.has(place)) wanted.push({ kind: 'region', value: place });
  const home = Object.hasOwn(HOMES, provider) ? HOMES[provider] : host;
  if (host !== home) wanted.push({ kind: 'host', value: host });
  return wanted;
}

/** What a provider wrote, short and plain. */
function shown(value: string): string {
  return value.replaceAll(/[^\w.-]/g, '').slice(0, 40);
}

function nameOf(text: string | null): string {
  if (text === null) return '';
  const name = text.toLowerCase();
  return (Object.hasOwn(SAME, name) ? SAME[name] : undefined) ?? name;
}

function fits(rule: ModifierRule, provider: string, kind: string, value: string, models: readonly string[]): boolean {
  if (rule.kind !== kind || !globOf(rule.provider)(provider) || !globOf(rule.value)(value)) return false;
  return rule.model === undefined || models.some(globOf(rule.model));
}

function factorOf(rules: readonly ModifierRule[], unit: PriceClass, isToken: boolean): Ratio {
  let factor = ONE;
  for (const rule of rules) {
    if (!isToken && rule.units?.includes(unit) !== true) continue;
    factor = multiply(factor, parseRatio(rule.except?.[unit] ?? rule.factor) ?? ONE);
  }
  return factor;
}
