import type { ButtonHTMLAttributes, Ref } from 'react';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

const LOOKS: Record<Look, string> = {
  plain: 'border border-line bg-surface hover:bg-raised text-text',
  primary: 'border border-accent bg-accent text-surface hover:opacity-90',
  danger: 'border border-bad text-bad bg-surface hover:bg-raised',
  quiet: 'border border-transparent text-muted hover:text-text hover:bg-raised',
};

/** Its text is a verb. A button that is off says why in `title`. */
export function Button({
  look = 'plain',
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button
      type="button"
      className={`inline-flex h-7 items-center gap-1 rounded-chip px-2 text-sm whitespace-nowrap disabled:cursor-not-allowed disabled:opacity-50 ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}
