import { cloneElement, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';

/** A word more about what is under the pointer or has the focus. `children` is one element. */
export function Tip({ text, children }: { text: string; children: ReactElement<{ 'data-tip'?: string }> }) {
  return cloneElement(children, { 'data-tip': text });
}

interface Shown {
  text: string;
  of: Element;
}

const ID = 'tip';
const DELAY_MS = 300;
const GAP_PX = 4;

/**
 * One for the whole page, that looks which element says something: a list has thousands of such elements, and each may
 * cost no more than an attribute.
 */
export function TipProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => watch(setShown), []);
  return (
    <>
      {children}
      {shown !== null && <Words shown={shown} />}
    </>
  );
}

function Words({ shown: { text, of } }: { shown: Shown }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const words = element.current;
    if (words === null) return;
    const { left, top, bottom, width } = of.getBoundingClientRect();
    const own = words.getBoundingClientRect();
    const x = Math.min(Math.max(GAP_PX, left + width / 2 - own.width / 2), window.innerWidth - own.width - GAP_PX);
    const isBelow = top - own.height - GAP_PX < 0;
    words.style.left = `${x}px`;
    words.style.top = `${isBelow ? bottom + GAP_PX : top - own.height - GAP_PX}px`;
    words.style.visibility = 'visible';
    const before = of.getAttribute('aria-describedby');
    of.setAttribute('aria-describedby', ID);
    return () => {
      if (before === null) of.removeAttribute('aria-describedby');
      else of.setAttribute('aria-describedby', before);
    };
  }, [of, text]);
  return (
    <div
      ref={element}
      id={ID}
      role="tooltip"
      style={{ visibility: 'hidden' }}
      className="fixed z-50 max-w-80 rounded-chip border border-line bg-raised px-2 py-1 text-sm text-text shadow-float"
    >
      {text}
    </div>
  );
}

/** @returns how to stop */
function watch(show: (shown: Shown | null) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let wanted: Element | null = null;
  let told: Element | null = null;
  const set = (of: Element | null, delay: number): void => {
    if (of === wanted) return;
    wanted = of;
    if (timer !== null) clearTimeout(timer);
    if (of === told) return;
    timer = setTimeout(() => {
      told = of;
      show(of === null ? null : { of, text: of.getAttribute('data-tip') ?? '' });
    }, delay);
  };
  const over = (event: Event): void => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    // The words themselves may be gone over, to read or to copy them.
    const of = target.id === ID ? told : target.closest('[data-tip]');
    set(of, of === null ? DELAY_MS / 3 : DELAY_MS);
  };
  const focus = (event: Event): void => {
    const of = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
    if (of !== null) set(of, 0);
  };
  const hide = (): void => set(null, 0);
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') hide();
  };
  document.addEventListener('pointerover', over);
  document.addEventListener('focusin', focus);
  document.addEventListener('focusout', hide);
  document.addEventListener('pointerdown', hide);
  document.addEventListener('scroll', hide, true);
  document.addEventListener('keydown', press, true);
  return () => {
    if (timer !== null) clearTimeout(timer);
    document.removeEventListener('pointerover', over);
    document.removeEventListener('focusin', focus);
    document.removeEventListener('focusout', hide);
    document.removeEventListener('pointerdown', hide);
    document.removeEventListener('scroll', hide, true);
    document.removeEventListener('keydown', press, true);
  };
}
