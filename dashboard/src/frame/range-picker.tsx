import { useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { DEFAULT_RANGE, periodOf, RANGES, type RangeName, rangeName } from '../url/range.ts';
import type { Route } from '../url/route.ts';
import { useSetParams } from '../url/use-route.ts';

/** The period of all screens: a name, or two moments. */
export function RangePicker({ route }: { route: Route }) {
  const setParams = useSetParams();
  const [asks, setAsks] = useState(false);
  const isCustom = route.params.has('since') || route.params.has('until');
  const choose = (value: string): void => {
    if (value === 'custom') setAsks(true);
    else setParams({ since: null, until: null, range: value === DEFAULT_RANGE ? null : value });
  };
  return (
    <>
      <select
        aria-label="Period"
        value={isCustom ? 'custom' : rangeName(route.params)}
        onChange={(event) => choose(event.target.value)}
        className="h-7 rounded-chip border border-line bg-surface px-1 text-sm"
      >
        {(Object.keys(RANGES) as RangeName[]).map((name) => (
          <option key={name} value={name}>
            {RANGES[name]}
          </option>
        ))}
        <option value="custom">{isCustom ? periodOf(route.params).label : 'from … to …'}</option>
      </select>
      {isCustom && (
        <Button look="quiet" onClick={() => setAsks(true)}>
          Change
        </Button>
      )}
      {asks && <CustomRange route={route} onClose={() => setAsks(false)} />}
    </>
  );
}

function CustomRange({ route, onClose }: { route: Route; onClose: () => void }) {
  const setParams = useSetParams();
  const [since, setSince] = useState(localInput(route.params.get('since')));
  const [until, setUntil] = useState(localInput(route.params.get('until')));
  const isWrong = since !== '' && until !== '' && since >= until;
  return (
    <Dialog title="Period" onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWrong) return;
          setParams({ range: null, since: isoOf(since), until: isoOf(until) });
          onClose();
        }}
      >
        <Moment label="From" value={since} onChange={setSince} />
        <Moment label="To" value={until} onChange={setUntil} />
        {isWrong && (
          <p role="alert" className="text-bad">
            The end is before the beginning.
          </p>
        )}
        <div>
          <Button look="primary" type="submit" disabled={isWrong}>
            Show this period
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Moment({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="flex items-center gap-2">
      <span className="w-12 text-muted">{label}</span>
      <input
        type="datetime-local"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-7 rounded-chip border border-line bg-bg px-2"
      />
    </label>
  );
}

/** Local `YYYY-MM-DDTHH:MM`, as the field wants it. */
function localInput(iso: string | null): string {
  const at = new Date(iso ?? '');
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function isoOf(local: string): string | null {
  return local === '' ? null : new Date(local).toISOString();
}
