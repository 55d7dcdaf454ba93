import { type ReactNode, useState } from 'react';

/** One line of 28 px that opens. What is inside is made when it is opened first. */
export function Fold({
  label,
  children,
  open: initially = false,
  onOpen,
  kept,
}: {
  label: ReactNode;
  children: ReactNode;
  open?: boolean;
  onOpen?: () => void;
  /** Where it is remembered, when it is not by the fold itself: rows of a virtual list are made anew all the time. */
  kept?: { open: boolean; set: (open: boolean) => void };
}) {
  const [own, setOwn] = useState(initially);
  const open = kept?.open ?? own;
  return (
    <details
      open={open}
      onToggle={(event) => {
        const next = event.currentTarget.open;
        if (next === open) return;
        (kept?.set ?? setOwn)(next);
        if (next) onOpen?.();
      }}
    >
      <summary className="flex min-h-7 list-none items-center gap-2 text-muted hover:text-text">
        <span
          aria-hidden="true"
          className={`w-3 shrink-0 text-sm transition-transform duration-120 ${open ? 'rotate-90' : ''}`}
        >
          ▸
        </span>
        <span className="flex min-w-0 flex-1 items-center gap-2">{label}</span>
      </summary>
      {open && <div className="pb-2 pl-5">{children}</div>}
    </details>
  );
}
