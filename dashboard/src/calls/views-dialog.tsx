import { useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';
import { removeView, saveView, useViews } from '../url/use-views.ts';

/** Saved views: go to one, keep this one, forget one. They stand in "Go to …" as well. */
export function ViewsDialog({ route, onClose }: { route: Route; onClose: () => void }) {
  const views = useViews();
  const [name, setName] = useState(route.params.get('filter') ?? '');
  return (
    <Dialog title="Saved views" onClose={onClose}>
      {views.length === 0 ? (
        <p className="mb-3 text-muted">A view is a period and a filter under a name. There is none yet.</p>
      ) : (
        <ul className="mb-3">
          {views.map((view) => (
            <li key={view.name} className="flex min-h-7 items-center gap-2 border-b border-line">
              <button
                type="button"
                onClick={() => {
                  onClose();
                  goTo(view.href);
                }}
                className="min-w-0 flex-1 truncate py-1 text-left hover:text-accent"
              >
                <bdi>{view.name}</bdi>
              </button>
              <Button look="quiet" aria-label={`Forget ${view.name}`} onClick={() => removeView(view.name)}>
                Forget
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          saveView({ name, href: hrefOf(route, 'calls') });
          setName('');
        }}
      >
        <label className="flex min-w-0 flex-1 items-center gap-2">
          <span className="text-muted">This view as</span>
          <input
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
            className="h-7 min-w-0 flex-1 rounded-chip border border-line bg-bg px-2"
          />
        </label>
        <Button look="primary" type="submit" disabled={name.trim() === ''}>
          Save
        </Button>
      </form>
    </Dialog>
  );
}
