import { FAMILIES } from './families/dialects.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider, ProviderKind } from './provider.ts';

const KINDS: Readonly<Record<ProviderKind, string>> = {
  model: 'Models: chat, embeddings, images, voice',
  gateway: 'Gateways',
  vector_database: 'Vector databases',
  search: 'Search and scraping',
  messaging: 'Messaging and e-mail',
  payments: 'Payments',
};

/** docs/providers.md: who is known, what of it is metered and from where, and what cannot be. */
export function providersPage(providers: readonly Provider[]): string {
  const sections = (Object.keys(KINDS) as ProviderKind[]).flatMap((kind) => {
    const members = providers.filter((provider) => kindOf(provider) === kind);
    return members.length === 0 ? [] : [`## ${KINDS[kind]}`, ...members.map(section)];
  });
  return `# Providers

Made from \`src/providers\` (a test compares them). How sure a number is stands on every record: \`usage.source\` and \`usage.state\`. A host that no file names is metered too when it is decrypted (\`--intercept HOST\`): its dialect is told from the JSON. One more provider: [adding-a-provider.md](adding-a-provider.md).

${overview(providers)}

${sections.join('\n\n')}
`;
}

function overview(providers: readonly Provider[]): string {
  const rows = providers.map(
    (provider) =>
      `| [${provider.title}](#${anchor(provider)}) | \`${provider.id}\` | ${provider.intercept ? 'yes' : 'when named with `--intercept`'} | ${hostsOf(provider)} |`,
  );
  return ['| provider | id | decrypted | hosts |', '|---|---|---|---|', ...rows].join('\n');
}

function section(provider: Provider): string {
  const rows = metered(provider.endpoints);
  const table = rows.length === 0 ? [] : ['| operation | metered |', '|---|---|', ...rows];
  const unmetered = [...new Set(provider.endpoints.filter(isControl).map(({ operation }) => `\`${operation}\``))];
  const notes = [
    ...(provider.subscriptionMarks === undefined ? [] : ['Subscription logins are marked; their cost is notional.']),
    ...(provider.prices === undefined
      ? []
      : [`${provider.prices.length} list prices of its own (\`llm-proxy prices --provider ${provider.id}\`).`]),
    ...(unmetered.length === 0 ? [] : [`Recorded, not counted: ${unmetered.join(', ')}.`]),
    ...(provider.limits ?? []),
  ];
  return [`### ${provider.title}`, '', ...table, '', ...notes.map((note) => `- ${note}`)].join('\n').trimEnd();
}

/** One row for what is metered in the same way; of the requests of an operation the first stands for all. */
function metered(endpoints: readonly Endpoint[]): string[] {
  const rows = new Map<string, Map<string, string>>();
  for (const endpoint of endpoints) {
    if (isControl(endpoint)) continue;
    const how = howOf(endpoint);
    const operations = rows.get(how) ?? new Map<string, string>();
    rows.set(how, operations);
    if (!operations.has(endpoint.operation)) operations.set(endpoint.operation, `${endpoint.method} ${endpoint.path}`);
  }
  return [...rows].map(([how, operations]) => {
    const named = [...operations].map(([operation, request]) => `${operation} ${code(request)}`);
    return `| ${named.join('<br>')} | ${how} |`;
  });
}

function howOf(endpoint: Endpoint): string {
  const { method, kind, family, usage, headerUsage, units, job } = endpoint;
  if (kind === 'count') return 'free: counts tokens, bills none';
  const from = [
    family === undefined ? '' : `tokens: usage of the ${FAMILIES[family].name} dialect${perAnswer(method)}`,
    ...countsOf(usage),
    headerUsage === undefined ? '' : 'tokens in response headers',
    ...(units ?? []).map(({ unit, from: sources }) => `${unit}: ${list(sources).map(code).join(', else ')}`),
    endpoint.cost === undefined ? '' : `the provider's own cost: ${list(endpoint.cost.from).map(code).join(', else ')}`,
    kind === 'reread' || job !== undefined ? 'counted once by id' : '',
    kind === 'batch_results' ? 'each line of the results' : '',
  ].filter((part) => part !== '');
  return from.length === 0 ? withoutCounts(method) : from.join('; ');
}

const perAnswer = (method: Endpoint['method']): string => (method === 'WS' ? ', of each answer on the WebSocket' : '');
const withoutCounts = (method: Endpoint['method']): string =>
  method === 'WS' ? 'named, not counted' : 'tokens, when the answer states a usage';

/** A map of its own: tokens, and what is counted in other units. */
function countsOf(usage: UsageMap | undefined): string[] {
  const tokens = Object.values(usage?.tokens ?? {}).flat();
  const units = Object.entries(usage?.units ?? {}).map(
    ([unit, from]) => `${unit}: ${list(from).map(code).join(', else ')}`,
  );
  return [...(tokens.length === 0 ? [] : [`tokens: ${tokens.map(code).join(', ')}`]), ...units];
}

const isControl = ({ kind }: Endpoint): boolean => kind === 'control';
const kindOf = (provider: Provider): ProviderKind => provider.kind ?? 'model';
const list = (sources: string | readonly string[]): readonly string[] =>
  typeof sources === 'string' ? [sources] : sources;
const code = (source: string): string => `\`${source.replaceAll('|', '\\|')}\``;
const anchor = ({ title }: Provider): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

function hostsOf({ hosts, localPort }: Provider): string {
  const names = hosts.map((host) => `\`${host}\``);
  return [...names, ...(localPort === undefined ? [] : [`\`[[local]]\`, port ${localPort}`])].join(' ');
}
