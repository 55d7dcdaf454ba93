/** Names of things in a session, for people. Pure. */

/** `Read ×3, Edit`. */
export function toolsText(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}

/** `agent:planner/tool:search` → `planner › search`. */
export function sectionText(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replace(/^[a-z_]+:/, ''))
    .join(' › ');
}
