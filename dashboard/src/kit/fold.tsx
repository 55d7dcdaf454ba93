import { type ReactNode, useState } from 'react';

/** One line of 28 px that opens. What is inside is made when it is opened first. */
export function Fold({
  label,
  children,
  open: initially = false,
  onOpen,
}: {
  label: ReactNode;
  children: ReactNode;
  open?: boolean;
  onOpen?: () => void;
}) {
  const [open, setOpen] = useState(initially);
  return (
    <details
      open={open}
      onToggle={(event) => {
        const next = event.currentTarget.open;
        setOpen(next);
        if (next && !open) onOpen?.();
      }}
      className="group"
    >
      <summary className="flex min-h-7 list-none items-center gap-2 text-muted hover:text-text">
        <span aria-hidden="true" className="w-3 shrink-0 transition-transform duration-120 group-open:rotate-90">
          ▸
        </span>
        <span className="flex min-w-0 flex-1 items-center gap-2">{label}</span>
      </summary>
      {open && <div className="pb-2 pl-5">{children}</div>}
    </details>
  );
}
