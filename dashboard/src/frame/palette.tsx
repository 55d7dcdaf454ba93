import { Fragment, type KeyboardEvent, useEffect, useId, useState } from 'react';
import { liveFeed } from '../api/use-live.ts';
import { Dialog } from '../kit/dialog.tsx';
import { RANGES, type RangeName } from '../url/range.ts';
import { hrefOf, type Route, type Screen } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { useViews } from '../url/use-views.ts';
import { SCREEN_NAMES } from './rail.tsx';
import { chooseTheme, THEMES } from '../kit/theme.ts';

interface Entry {
  group: string;
  name: string;
  run: () => void;
}

const SEARCH = 'Search';

/** Everything that can be reached, by typing some of its name; anything else is searched for. */
export function Palette({ route, onClose }: { route: Route; onClose: () => void }) {
  const [text, setText] = useState('');
  const [place, setPlace] = useState(0);
  const setParams = useSetParams();
  const views = useViews();
  const base = useId();
  const asked = text.trim();
  const shown = matching([...asSearch(route, asked), ...views.map(viewEntry), ...everywhere(route, setParams)], asked);
  const at = Math.min(place, shown.length - 1);
  const choose = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  const walk = (event: KeyboardEvent<HTMLInputElement>): void => {
    // Enter ends a word that an input method makes.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') choose(shown[at]);
    else if (event.key === 'ArrowDown') setPlace((at + 1) % shown.length);
    else if (event.key === 'ArrowUp') setPlace((at + shown.length - 1) % shown.length);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    // Newer browsers answer with a promise, which is no way to end an effect.
    document.getElementById(`${base}${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [base, at]);
  return (
    <Dialog title="Go to …" onClose={onClose}>
      <input
        autoFocus
        role="combobox"
        aria-label="What to go to"
        aria-expanded="true"
        aria-controls={`${base}list`}
        aria-activedescendant={shown.length === 0 ? undefined : `${base}${at}`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setPlace(0);
        }}
        onKeyDown={walk}
        placeholder="A screen, a period, an id, words of a message"
        className="h-8 w-full rounded-chip border border-line bg-bg px-2"
      />
      <div id={`${base}list`} role="listbox" aria-label="Places" className="mt-2 max-h-80 overflow-auto">
        {shown.map((entry, index) => (
          <Fragment key={`${entry.group} ${entry.name}`}>
            {entry.group !== shown[index - 1]?.group && (
              <div role="presentation" className="px-2 py-1 text-sm text-muted">
                {entry.group}
              </div>
            )}
            <div
              id={`${base}${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              onClick={() => choose(entry)}
              onPointerMove={() => setPlace(index)}
              className="flex min-h-7 cursor-pointer items-center rounded-chip px-2 aria-selected:bg-raised"
            >
              {entry.name}
            </div>
          </Fragment>
        ))}
      </div>
    </Dialog>
  );
}

/** What is typed, taken for words of a message or for an id. */
function asSearch(route: Route, asked: string): Entry[] {
  if (asked === '') return [];
  const find = {
    group: SEARCH,
    name: `Find “${asked}” in all messages`,
    run: () => goTo(hrefOf(route, 'calls', null, { filter: asked })),
  };
  const open = { group: SEARCH, name: `Open the call ${asked}`, run: () => goTo(hrefOf(route, 'calls', asked)) };
  return /^\w{6,}$/.test(asked) ? [find, open] : [find];
}

function viewEntry({ name, href }: { name: string; href: string }): Entry {
  return { group: 'Saved views', name, run: () => goTo(href) };
}

function everywhere(route: Route, setParams: ReturnType<typeof useSetParams>): Entry[] {
  return [
    ...(Object.keys(SCREEN_NAMES) as Screen[]).map((screen) => ({
      group: 'Go to',
      name: SCREEN_NAMES[screen].name,
      run: () => goTo(hrefOf(route, screen)),
    })),
    ...(Object.keys(RANGES) as RangeName[]).map((range) => ({
      group: 'Period',
      name: `Show ${RANGES[range]}`,
      run: () => setParams({ range, since: null, until: null }),
    })),
    ...THEMES.map((theme) => ({ group: 'Theme', name: `Theme: ${theme}`, run: () => chooseTheme(theme) })),
    { group: 'Live', name: 'Pause live updates', run: () => liveFeed.close() },
    { group: 'Live', name: 'Resume live updates', run: () => liveFeed.open() },
  ];
}

/** Those with all words of what is typed; places before the search for it. */
function matching(entries: readonly Entry[], asked: string): Entry[] {
  const words = asked.toLowerCase().split(/\s+/);
  const places = entries.filter(
    ({ group, name }) => group !== SEARCH && words.every((word) => name.toLowerCase().includes(word)),
  );
  return [...places, ...entries.filter(({ group }) => group === SEARCH)];
}
