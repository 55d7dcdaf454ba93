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

type Facts = Pick<PriceQuestion, 'provider' | 'serviceTier' | 'speed' | 'region' | 'billing' | 'host'>;

/** @param models spellings of the model, to find it in the rules */
export function modifiersOf(facts: Facts, models: readonly string[]): Modifiers {
  const wanted = wantedOf(facts);
  if (wanted.length === 0) return NO_MODIFIERS;
  const rules: ModifierRule[] = [];
  let published = true;
  const notes: string[] = [];
  for (const { kind, value } of wanted) {
    const rule = MODIFIER_RULES.find((candidate) => fits(candidate, facts.provider, kind, value, models));
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
  return { factor: (unit, isToken) => factorOf(rules, unit, isToken), note: notes.join(', ') || null, published };
}

function wantedOf({
  provider,
  serviceTier,
  speed,
  region,
  billing,
  host,
}: Facts): { kind: ModifierRule['kind']; value: string }[] {
  const wanted: { kind: ModifierRule['kind']; value: string }[] = [];
  const tier = billing === 'batch' ? 'batch' : nameOf(serviceTier);
  if (!STANDARD.has(tier)) wanted.push({ kind: 'tier', value: tier });
  const pace = nameOf(speed);
  if (!STANDARD.has(pace)) wanted.push({ kind: 'speed', value: pace });
  const place = nameOf(region);
  if (!STANDARD.has(place)) wanted.push({ kind: 'region', value: place });
  if (provider === 'openai' && host !== 'api.openai.com') wanted.push({ kind: 'host', value: host });
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
