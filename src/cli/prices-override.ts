/** `prices override`: the user's own prices, in the file of `prices.overrides` (docs/prices.md). */
import { dirname } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Config } from '../config/load.ts';
import { withLock } from '../core/file-lock.ts';
import { makeFolder } from '../core/make-folder.ts';
import { loadHosts } from '../providers/registry.ts';
import { type Alias, aliasOf, type OwnFile, type OwnPrice, ownPriceOf } from '../pricing/own-prices.ts';
import { readOwnFile, writeOwnFile } from '../pricing/price-files.ts';
import { configOf } from './home-config.ts';
import { count } from './figures.ts';
import { print, printJson } from './print.ts';
import { type Column, formatTable } from './table.ts';

/** As given; what was not given is undefined. */
export interface OverrideArguments {
  home: string | null;
  json: boolean;
  model: string | undefined;
  provider: string;
  /** USD per million tokens, by token class. */
  tokens: Readonly<Record<string, string | undefined>>;
  unit: string | undefined;
  usd: string | undefined;
  per: number | undefined;
  operation: string | undefined;
  /** `size=1024x1024` */
  when: readonly string[];
  /** `gpt-4o`: costs what that costs, at `likeProvider` or at the same provider. */
  like: string | undefined;
  likeProvider: string | undefined;
  note: string | undefined;
}

const EMPTY: OwnFile = { prices: [], aliases: [], providers: [] };
const MTOK = 1_000_000;

export async function overrideList(home: string | null, json: boolean): Promise<number> {
  const { overrides: path } = configOf(home).prices;
  const file = readOwnFile(path) ?? EMPTY;
  if (json) printJson({ file: path, ...file });
  else printFile(file, path);
  return Promise.resolve(0);
}

export async function overrideAdd(given: OverrideArguments, today: string): Promise<number> {
  const { prices: files, provider: own } = configOf(given.home);
  const { overrides: path } = files;
  const prices = pricesOf(given, today);
  const aliases = aliasesOf(given);
  if (prices.length + aliases.length === 0)
    throw new AppError('config_invalid', 'which price? --input 1.25 --output 10, or --unit and --usd, or --like MODEL');
  await change(path, (file) => ({
    ...file,
    prices: [...file.prices.filter((old) => !prices.some((price) => isSame(old, price))), ...prices],
    aliases: [
      ...file.aliases.filter((old) => !aliases.some((one) => one.provider === old.provider && one.model === old.model)),
      ...aliases,
    ],
  }));
  const { providers } = readOwnFile(path) ?? EMPTY;
  if (!(await isKnown(given.provider, own, providers)))
    process.stderr.write(`llm-proxy: no provider is called ${given.provider} yet (docs/providers.md lists them)\n`);
  if (given.json) printJson({ file: path, prices, aliases });
  else print(`${path} has it now; a running daemon uses it within 2 s. Older calls: llm-proxy prices reprice`);
  return 0;
}

/** A target that is no provider's host is recorded under `unknown`. */
async function isKnown(provider: string, own: Config['provider'], table: OwnFile['providers']): Promise<boolean> {
  if (provider === 'unknown' || table.some(({ id }) => id === provider)) return true;
  return (await loadHosts({ own })).get(provider) !== null;
}

/** Exit code 1 when there was nothing to remove. */
export async function overrideRemove(
  given: Pick<OverrideArguments, 'home' | 'json' | 'model' | 'provider' | 'unit'>,
): Promise<number> {
  const { overrides: path } = configOf(given.home).prices;
  const goes = (one: OwnPrice | Alias): boolean =>
    one.provider === given.provider &&
    (given.model === undefined || one.model === given.model) &&
    (given.unit === undefined || ('unit' in one && one.unit === given.unit));
  let removed = 0;
  await change(path, (file) => {
    const prices = file.prices.filter((one) => !goes(one));
    const aliases = file.aliases.filter((one) => !goes(one));
    removed = file.prices.length + file.aliases.length - prices.length - aliases.length;
    return removed === 0 ? null : { ...file, prices, aliases };
  });
  if (given.json) printJson({ file: path, removed });
  else print(removed === 0 ? `${path} has no such price` : `${count(removed)} taken out of ${path}`);
  return removed === 0 ? 1 : 0;
}

/** One at a time: of two that read the same file, the later would write over what the first one added. */
async function change(path: string, changed: (file: OwnFile) => OwnFile | null): Promise<void> {
  makeFolder(dirname(path), 0o700);
  await withLock(
    `${path}.lock`,
    () => {
      const file = changed(readOwnFile(path) ?? EMPTY);
      if (file !== null) writeOwnFile(path, file);
    },
    { code: 'config_invalid' },
  );
}

function pricesOf(given: OverrideArguments, today: string): OwnPrice[] {
  const { provider, model, unit, usd, per, operation, note } = given;
  const common = {
    provider,
    ...(model === undefined ? {} : { model }),
    ...(operation === undefined ? {} : { operation }),
    ...(given.when.length === 0 ? {} : { when: whenOf(given.when) }),
    asOf: today,
    ...(note === undefined ? {} : { note }),
  };
  const rows = Object.entries(given.tokens).flatMap(([name, price]) =>
    price === undefined ? [] : [{ ...common, unit: name, usd: price, per: MTOK }],
  );
  if ((unit === undefined) !== (usd === undefined))
    throw new AppError('config_invalid', '--unit and --usd belong together: --unit characters --usd 15 --per 1000000');
  const all = unit === undefined ? rows : [...rows, { ...common, unit, usd, per: per ?? 1 }];
  return all.map((row) => ownPriceOf(row, 'the price'));
}

function aliasesOf({ provider, model, like, likeProvider }: OverrideArguments): Alias[] {
  if (like === undefined) return [];
  if (model === undefined) throw new AppError('config_invalid', '--like needs the model that costs the same');
  const other = likeProvider === undefined ? {} : { as_provider: likeProvider };
  return [aliasOf({ provider, model, as_model: like, ...other }, 'the alias')];
}

function whenOf(facts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    facts.map((fact) => {
      const at = fact.indexOf('=');
      if (at < 1) throw new AppError('config_invalid', `--when must be NAME=VALUE, not ${fact}`);
      return [fact.slice(0, at), fact.slice(at + 1)];
    }),
  );
}

function isSame(one: OwnPrice, other: OwnPrice): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ provider, unit, model, operation, when }: OwnPrice): string {
  const facts = Object.entries(when ?? {}).toSorted(([name], [next]) => (name < next ? -1 : 1));
  return JSON.stringify([provider, unit, model, operation, facts]);
}

const PRICE_COLUMNS: readonly Column<OwnPrice>[] = [
  { title: 'provider', align: 'left', value: ({ provider }) => provider },
  { title: 'model', align: 'left', max: 50, value: ({ model }) => model ?? '*' },
  { title: 'unit', align: 'left', value: ({ unit }) => unit },
  { title: 'USD', align: 'right', value: ({ usd }) => usd },
  { title: 'per', align: 'right', value: ({ per }) => count(per) },
  {
    title: 'when',
    align: 'left',
    max: 60,
    value: ({ operation, when = {} }) =>
      [operation ?? '', ...Object.entries(when).map(([name, value]) => `${name} ${value}`)].filter(Boolean).join(', '),
  },
  { title: 'date', align: 'left', value: ({ asOf }) => asOf },
];

function printFile({ prices, aliases, providers }: OwnFile, path: string): void {
  if (prices.length > 0) print(formatTable(PRICE_COLUMNS, prices, false));
  for (const { provider, model, as_model: as, as_provider: at } of aliases)
    print(`${provider} ${model} costs what ${at === undefined ? '' : `${at} `}${as} costs`);
  for (const { id, models } of providers)
    print(`${id}: ${count(models.length)} models in the shape of the price table`);
  if (prices.length + aliases.length + providers.length === 0) print(`${path} has no prices of yours`);
}
