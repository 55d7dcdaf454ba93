import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from './button.tsx';

/** The browser's own modal dialog: focus, Escape and the inert page behind it are its business. */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const pressed = useRef<EventTarget | null>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onPointerDown={(event) => {
        pressed.current = event.target;
      }}
      // Words that are marked with a pointer that ends beside the dialog are no click beside it.
      onClick={(event) =>
        event.target === element.current && pressed.current === element.current && element.current.close()
      }
      className={`m-auto max-h-[85dvh] w-full overflow-auto rounded-panel border border-line bg-surface p-0 text-text shadow-float ${wide ? 'max-w-4xl' : 'max-w-xl'}`}
    >
      <div className="p-4">
        <div className="mb-3 flex items-center justify-between gap-4">
          <h2 id="dialog-title" className="text-title font-semibold">
            {title}
          </h2>
          <Button look="quiet" onClick={() => element.current?.close()}>
            Close
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
