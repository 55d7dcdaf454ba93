/** Marks what was found, without changing what is shown: browsers paint ranges of text (CSS custom highlights). */

const NAME = 'found';
const MOST = 500;

export function markFound(root: HTMLElement | null, query: string): void {
  if (!('highlights' in CSS)) return;
  CSS.highlights.delete(NAME);
  const wanted = query.toLowerCase();
  if (root === null || wanted === '') return;
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < MOST; node = walker.nextNode()) {
    const text = (node as Text).data.toLowerCase();
    for (
      let at = text.indexOf(wanted);
      at !== -1 && ranges.length < MOST;
      at = text.indexOf(wanted, at + wanted.length)
    ) {
      const range = new Range();
      range.setStart(node, at);
      // Lower case may be longer than what it was made of.
      range.setEnd(node, Math.min(at + wanted.length, (node as Text).length));
      ranges.push(range);
    }
  }
  if (ranges.length > 0) CSS.highlights.set(NAME, new Highlight(...ranges));
}
