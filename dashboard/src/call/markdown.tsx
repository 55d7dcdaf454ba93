/**
 * Markdown of models and users, the one place where the page makes HTML of what it was given. HTML in it is shown as
 * the text that it is; what markdown makes is sanitised to a few harmless elements, as a fragment of nodes, never as a
 * text of HTML. Nothing in it loads anything: images become their words and addresses.
 */
import DOMPurify, { type Config } from 'dompurify';
import { Marked as MarkdownParser, type Tokens } from 'marked';
import { memo, useLayoutEffect, useRef } from 'react';
import { piecesOf } from './text/marks.ts';
import { MARK } from './text/plain-text.tsx';

const parser = new MarkdownParser({
  gfm: true,
  breaks: true,
  async: false,
  renderer: {
    html: ({ text, block }: Tokens.HTML | Tokens.Tag) =>
      block ? `<p>${escaped(text.trimEnd()).replaceAll('\n', '<br>')}</p>` : escaped(text),
    // Headings of what was said are no headings of this page.
    heading({ tokens, depth }: Tokens.Heading) {
      return `<p class="md-h${depth}">${this.parser.parseInline(tokens)}</p>`;
    },
    image: ({ href, text }: Tokens.Image) => `${escaped(text)} (image, not loaded: <code>${escaped(href)}</code>)`,
    // A box that can be ticked is a promise that it does something.
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '[x] ' : '[ ] '),
  },
});

const ALLOWED: Config = {
  ALLOWED_TAGS: 'a b strong i em del s code pre p br hr blockquote ul ol li table thead tbody tr th td span'.split(' '),
  ALLOWED_ATTR: ['href', 'class', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
const MOST_HIGHLIGHTED = 50_000;

/** `text` as it looks in markdown. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const holder = element.current;
    if (holder === null) return;
    holder.replaceChildren(markdownNodes(text));
    void colour(holder);
  }, [text]);
  return <div ref={element} className="markdown max-w-[76ch] break-words" />;
});

/** A block of code as it is, in the colours of its language. */
export const Code = memo(function Code({ text, language }: { text: string; language: string }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const holder = element.current;
    if (holder === null) return;
    const code = document.createElement('code');
    code.className = `language-${language}`;
    code.textContent = text;
    const pre = document.createElement('pre');
    pre.append(code);
    holder.replaceChildren(pre);
    showHidden(pre);
    void colour(holder);
  }, [text, language]);
  return <div ref={element} className="markdown" />;
});

function markdownNodes(text: string): DocumentFragment {
  const fragment = sanitised(parser.parse(text) as string);
  for (const link of fragment.querySelectorAll('a')) tame(link);
  for (const block of fragment.querySelectorAll('p, li, blockquote, td, th')) {
    block.setAttribute('dir', 'auto');
  }
  for (const table of fragment.querySelectorAll('table')) scrollable(table);
  for (const pre of fragment.querySelectorAll('pre')) pre.tabIndex = 0;
  showHidden(fragment);
  return fragment;
}

function sanitised(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, ALLOWED) as unknown as DocumentFragment;
  for (const element of fragment.querySelectorAll('[class]')) {
    // Classes of this page could lay anything over it.
    const ours = [...element.classList].filter((name) => CLASS.test(name));
    if (ours.length === 0) element.removeAttribute('class');
    else element.className = ours.join(' ');
  }
  return fragment;
}

const CLASS = /^(?:md-h[1-6]|language-[\w+#-]{1,40}|hljs-[\w-]{1,40}|(?:function|class|inherited)_)$/;

/** A link says where it leads, whatever its words are, and tells nobody where it was followed from. */
function tame(link: HTMLAnchorElement): void {
  const target = link.getAttribute('href');
  if (target === null) return;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.title = target;
  const words = link.textContent.trim();
  if (words === target || `mailto:${words}` === target) return;
  const told = document.createElement('span');
  told.className = 'link-target';
  told.textContent = ` (${hostOf(target)})`;
  link.after(told);
}

function hostOf(target: string): string {
  try {
    const { protocol, host, pathname } = new URL(target);
    return protocol === 'mailto:' ? pathname : host;
  } catch {
    return target;
  }
}

function scrollable(table: Element): void {
  const frame = document.createElement('div');
  frame.className = 'table-frame';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'region');
  frame.setAttribute('aria-label', 'Table');
  table.replaceWith(frame);
  frame.append(table);
}

/** What cannot be seen is marked, in every text of it. */
function showHidden(root: Node): void {
  const texts: Text[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) texts.push(node as Text);
  for (const text of texts) {
    const pieces = piecesOf(text.data);
    if (pieces.every(({ kind }) => kind === 'text')) continue;
    text.replaceWith(
      ...pieces.map((piece) => {
        if (piece.kind === 'text') return piece.text;
        const mark = document.createElement('bdi');
        mark.className = MARK;
        mark.title = piece.why;
        mark.textContent = piece.label;
        return mark;
      }),
    );
  }
}

/** Blocks of code whose language is told. Comes later than the text, and changes nothing but colours. */
async function colour(root: HTMLElement): Promise<void> {
  const blocks = [...root.querySelectorAll<HTMLElement>('pre > code[class*="language-"]')].filter(
    // Where something was marked, the text is not that of the code any more.
    (code) => code.textContent.length <= MOST_HIGHLIGHTED && code.querySelector('bdi') === null,
  );
  if (blocks.length === 0) return;
  const { highlighted } = await import('./text/highlight.ts');
  for (const code of blocks) {
    const language = /language-([\w+#-]+)/.exec(code.className)?.[1]?.toLowerCase() ?? '';
    const html = highlighted(code.textContent, language);
    if (html !== null && code.isConnected) code.replaceChildren(sanitised(html));
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
