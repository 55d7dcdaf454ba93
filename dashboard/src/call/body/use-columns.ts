import { type RefObject, useEffect, useState } from 'react';

/** Pixels of a character of the small monospace. */
const CHARACTER_PX = 7.25;

/** How many characters fit side by side, as the element is resized; in steps, so that little changes nothing. */
export function useColumns(element: RefObject<HTMLElement | null>): number {
  const [columns, setColumns] = useState(100);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      const fits = Math.floor((entry?.contentRect.width ?? 0) / CHARACTER_PX / 4) * 4;
      setColumns(Math.max(28, Math.min(160, fits)));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return columns;
}
