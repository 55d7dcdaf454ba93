/** What this browser remembers of the reader's choices; where it may not, or has no room, this page does. */

const here = new Map<string, string>();

export function kept(key: string): string | null {
  try {
    return here.get(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  here.set(key, value);
  try {
    localStorage.setItem(key, value);
    here.delete(key);
  } catch {
    // It holds for as long as the page is there.
  }
}
