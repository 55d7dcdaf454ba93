/** Marks what was found, without changing what is shown: browsers paint ranges of text (CSS custom highlights). */

const NAME = 'found';
const MOST = 500;

export function markFound(root: HTMLElement | null, query: string): void {
  if (!('highlights' in CSS)) return;
  CSS.highlights.delete(NAME);
  const ranges = root === null ? [] : rangesIn(root, query, MOST);
  if (ranges.length > 0) CSS.highlights.set(NAME, new Highlight(...ranges));
}

/** Where the words stand in what is shown, case apart. */
export function rangesIn(root: HTMLElement, query: string, most: number): Range[] {
  const wanted = query.toLowerCase();
  const ranges: Range[] = [];
  if (wanted === '') return ranges;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < most; node = walker.nextNode()) {
    const text = (node as Text).data.toLowerCase();
    for (
      let at = text.indexOf(wanted);
      at !== -1 && ranges.length < most;
      at = text.indexOf(wanted, at + wanted.length)
    ) {
      const range = new Range();
      range.setStart(node, Math.min(at, (node as Text).length));
      // Lower case may be longer than what it was made of.
      range.setEnd(node, Math.min(at + wanted.length, (node as Text).length));
      ranges.push(range);
    }
  }
  return ranges;
}
