import { Command } from 'cmdk';
import { useState } from 'react';
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

/** Everything that can be reached, by typing some of its name; anything else is searched for. */
export function Palette({ route, onClose }: { route: Route; onClose: () => void }) {
  const [text, setText] = useState('');
  const setParams = useSetParams();
  const views = useViews();
  const entries: Entry[] = [
    ...views.map(({ name, href }) => ({ group: 'Saved views', name, run: () => goTo(href) })),
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
  const choose = (run: () => void): void => {
    onClose();
    run();
  };
  const groups = [...new Set(entries.map(({ group }) => group))];
  return (
    <Dialog title="Go to …" onClose={onClose}>
      <Command label="Commands" className="flex flex-col gap-2">
        <Command.Input
          autoFocus
          value={text}
          onValueChange={setText}
          placeholder="A screen, a period, an id, words of a message"
          className="h-8 w-full rounded-chip border border-line bg-bg px-2"
        />
        <Command.List className="max-h-80 overflow-auto">
          {text.trim() !== '' && (
            <Command.Group heading="Search">
              <Item
                value={`search ${text}`}
                name={`Find “${text.trim()}” in all messages`}
                run={() => choose(() => goTo(hrefOf(route, 'calls', null, { filter: text.trim() })))}
              />
              {/^\w{6,}$/.test(text.trim()) && (
                <Item
                  value={`open ${text}`}
                  name={`Open the call ${text.trim()}`}
                  run={() => choose(() => goTo(hrefOf(route, 'calls', text.trim())))}
                />
              )}
            </Command.Group>
          )}
          {groups.map((group) => (
            <Command.Group
              key={group}
              heading={group}
              className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-muted"
            >
              {entries
                .filter((entry) => entry.group === group)
                .map(({ name, run }) => (
                  <Item key={name} value={name} name={name} run={() => choose(run)} />
                ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Item({ value, name, run }: { value: string; name: string; run: () => void }) {
  return (
    <Command.Item
      value={value}
      onSelect={run}
      className="flex min-h-7 cursor-pointer items-center rounded-chip px-2 data-[selected=true]:bg-raised"
    >
      {name}
    </Command.Item>
  );
}
