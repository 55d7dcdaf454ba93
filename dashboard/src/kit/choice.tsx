/** One of a few, all in sight: how something is shown. */
export function Choice<Id extends string>({
  label,
  options,
  chosen,
  onChoose,
}: {
  label: string;
  options: readonly { id: Id; name: string }[];
  chosen: Id;
  onChoose: (id: Id) => void;
}) {
  return (
    <div role="group" aria-label={label} className="inline-flex shrink-0 rounded-chip border border-line">
      {options.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === chosen}
          onClick={() => onChoose(id)}
          className="h-6 px-2 text-sm whitespace-nowrap text-muted not-first:border-l not-first:border-line hover:text-text aria-pressed:bg-raised aria-pressed:text-text"
        >
          {name}
        </button>
      ))}
    </div>
  );
}
