/** The rules of HTTP Archive 1.2, as its specification words them: what must be there, and of what type. */

type Rule =
  | 'text'
  | 'number'
  | 'whole'
  | 'time'
  | 'list'
  | 'object'
  | { optional: Rule }
  | { members: Rules }
  | { each: Rules };
interface Rules {
  [name: string]: Rule;
}

const NAMED: Rules = { name: 'text', value: 'text' };
const ENTRY: Rules = {
  startedDateTime: 'time',
  time: 'number',
  request: {
    members: {
      method: 'text',
      url: 'text',
      httpVersion: 'text',
      cookies: 'list',
      headers: { each: NAMED },
      queryString: { each: NAMED },
      postData: {
        optional: { members: { mimeType: 'text', text: { optional: 'text' }, params: { optional: 'list' } } },
      },
      headersSize: 'whole',
      bodySize: 'whole',
    },
  },
  response: {
    members: {
      status: 'whole',
      statusText: 'text',
      httpVersion: 'text',
      cookies: 'list',
      headers: { each: NAMED },
      content: {
        members: { size: 'whole', mimeType: 'text', text: { optional: 'text' }, encoding: { optional: 'text' } },
      },
      redirectURL: 'text',
      headersSize: 'whole',
      bodySize: 'whole',
    },
  },
  cache: 'object',
  timings: { members: { send: 'number', wait: 'number', receive: 'number' } },
  comment: { optional: 'text' },
};
const ARCHIVE: Rules = {
  log: {
    members: { version: 'text', creator: { members: { name: 'text', version: 'text' } }, entries: { each: ENTRY } },
  },
};

/** Where an archive breaks the rules; members that no rule names must begin with an underscore. */
export function faultsOfHar(archive: unknown): string[] {
  return [...faultsOf(archive, { members: ARCHIVE }, 'har'), ...timingFaults(archive)];
}

function faultsOf(value: unknown, rule: Rule, place: string): string[] {
  if (typeof rule === 'string') return isOf(value, rule) ? [] : [`${place} is no ${rule}`];
  if ('optional' in rule) return value === undefined ? [] : faultsOf(value, rule.optional, place);
  if ('each' in rule) {
    if (!Array.isArray(value)) return [`${place} is no list`];
    return value.flatMap((entry, index) => faultsOf(entry, { members: rule.each }, `${place}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [`${place} is no object`];
  const found = value as Record<string, unknown>;
  return Object.entries(rule.members).flatMap(([name, inner]) => faultsOf(found[name], inner, `${place}.${name}`));
}

function isOf(value: unknown, rule: string): boolean {
  switch (rule) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'whole':
      return Number.isInteger(value) && (value as number) >= -1;
    case 'time':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
    case 'list':
      return Array.isArray(value);
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

/** `time` is the sum of all timings but those that are -1. */
function timingFaults(archive: unknown): string[] {
  const { entries } = (archive as { log: { entries: { time: number; timings: Record<string, number> }[] } }).log;
  return entries.flatMap(({ time, timings }, index) => {
    const sum = Object.values(timings).reduce((total, value) => total + Math.max(0, value), 0);
    return Math.abs(sum - time) < 0.001 ? [] : [`entry ${index}: time ${time} is not the sum ${sum}`];
  });
}
