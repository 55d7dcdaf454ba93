/** `a|b*`: alternatives between bars, `*` for any characters, any letter case. An empty one fits what is absent. */
export type Glob = (text: string) => boolean;

const cache = new Map<string, Glob>();

export function globOf(pattern: string): Glob {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const tests = pattern.toLowerCase().split('|').map(alternative);
  const glob: Glob = (text) => {
    const lower = text.toLowerCase();
    return tests.some((test) => test(lower));
  };
  // Patterns come from provider files and the user's own prices: a few hundred at most.
  cache.set(pattern, glob);
  return glob;
}

/** Linear in the text for each star: no pattern can be made slow. */
function alternative(pattern: string): Glob {
  const parts = pattern.split('*');
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of others) {
      const found = text.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
