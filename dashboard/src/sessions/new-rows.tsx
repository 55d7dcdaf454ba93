/** Something came while the reader was elsewhere in the list. */
export function NewRows({ isBehind, onShow }: { isBehind: boolean; onShow: () => void }) {
  if (!isBehind) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      className="absolute top-9 left-1/2 z-20 -translate-x-1/2 rounded-full border border-accent bg-surface px-3 py-0.5 text-sm text-accent shadow-float"
    >
      ↻ New calls: show them
    </button>
  );
}
