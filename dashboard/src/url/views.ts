/** Places that the reader gave a name: a screen with its period and filter. Kept in this browser. */
import { SCREENS } from './route.ts';

export interface View {
  name: string;
  /** `#/calls?range=7d&filter=...`. */
  href: string;
}

const MOST = 50;

export function viewsFrom(text: string | null): View[] {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(found) ? found.filter(isView).slice(0, MOST) : [];
}

/** Views by name; one of the same name gives way. */
export function withView(views: readonly View[], view: View): View[] {
  const name = view.name.trim();
  if (name === '') return [...views];
  const others = views.filter((known) => known.name !== name);
  return [...others, { ...view, name }].slice(-MOST).toSorted((one, other) => one.name.localeCompare(other.name));
}

/** What is kept may be of another version, or of somebody's hand: it leads to our own screens only. */
function isView(value: unknown): value is View {
  if (typeof value !== 'object' || value === null) return false;
  const { name, href } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    name.trim() !== '' &&
    typeof href === 'string' &&
    SCREENS.some(
      (screen) => href === `#/${screen}` || href.startsWith(`#/${screen}?`) || href.startsWith(`#/${screen}/`),
    )
  );
}
