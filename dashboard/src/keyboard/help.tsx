import { Dialog } from '../kit/dialog.tsx';
import { useListedKeys } from './keys.ts';

/** All keys that work here, by where they work. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const keys = useListedKeys();
  const places = [...new Set(keys.map(({ where }) => where))];
  return (
    <Dialog title="Keys" onClose={onClose}>
      {places.map((place) => (
        <section key={place} className="mb-3">
          <h3 className="mb-1 text-sm text-muted">{place}</h3>
          <dl className="grid grid-cols-[8rem_1fr] gap-y-1">
            {keys
              .filter(({ where }) => where === place)
              .map(({ keys: name, does }) => (
                <div key={name} className="contents">
                  <dt>
                    {name.split(' ').map((key) => (
                      <kbd key={key} className="mr-1 rounded-chip border border-line bg-raised px-1 font-mono text-sm">
                        {key.replace('mod+', 'Ctrl/⌘ ')}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
