import { TOKEN_FIELDS } from '../../core/usage.ts';
import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { stringAt, type JsonObject } from './json.ts';
import { applyUsageMap, type UsageMap } from './usage-map.ts';

/** A dialect that is nothing but a map: for APIs whose counts sit in places of their own. The last counts win. */
export function mappedFamily(map: UsageMap): Family {
  const members = topLevelMembers(map);
  return {
    name: 'mapped',
    usage: map,
    recognises: () => true,
    read(message, reading) {
      reading.error = statedError(message) ?? reading.error;
      reading.identify({ model: stringAt(message, 'model'), id: stringAt(message, 'id') });
      reading.text(stringAt(message, 'content'));
      const { usage } = applyUsageMap(map, message);
      const counted = TOKEN_FIELDS.some((field) => usage[field] !== null) || Object.keys(usage.units).length > 0;
      if (counted) reading.rawUsage = project(message, members);
    },
    settle(reading, ending) {
      reading.count(map, ending.whole ? 'final' : 'partial');
    },
  };
}

/** What is kept as the provider's usage object when the counts lie about in the answer itself. */
export function topLevelMembers(map: UsageMap): string[] {
  const rules = [...Object.values(map.tokens), ...Object.values(map.units ?? {}), map.total?.at ?? []].flat();
  const members = rules.flatMap((rule) => rule.split('+').map((term) => term.trim().split(/[.[?]/)[0] ?? ''));
  return [...new Set(members)];
}

function project(message: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(members.filter((key) => Object.hasOwn(message, key)).map((key) => [key, message[key]]));
}
