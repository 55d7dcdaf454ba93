import { Button } from '../kit/button.tsx';
import { liveFeed, useLiveState } from '../api/use-live.ts';
import type { Route } from '../url/route.ts';
import { RangePicker } from './range-picker.tsx';
import { SCREEN_NAMES } from './rail.tsx';
import { chooseTheme, type Theme, THEMES, useTheme } from '../kit/theme.ts';

export function TopBar({ route, onPalette, onHelp }: { route: Route; onPalette: () => void; onHelp: () => void }) {
  const isPaused = useLiveState() === 'off';
  return (
    <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-3 md:px-4">
      <h1 className="mr-auto truncate text-title font-semibold">{SCREEN_NAMES[route.screen].name}</h1>
      {route.screen !== 'settings' && <RangePicker route={route} />}
      <Button
        look="quiet"
        className="max-md:hidden"
        onClick={() => (isPaused ? liveFeed.open() : liveFeed.close())}
        title="p"
      >
        {isPaused ? 'Resume' : 'Pause'}
      </Button>
      <Button look="quiet" onClick={onPalette} title="Ctrl+K or Cmd+K" className="max-md:hidden">
        Go to …
      </Button>
      <Button look="quiet" onClick={onHelp} title="?" className="max-md:hidden">
        Keys
      </Button>
      <ThemePicker />
    </header>
  );
}

function ThemePicker() {
  const { chosen } = useTheme();
  return (
    <select
      aria-label="Theme"
      value={chosen}
      onChange={(event) => chooseTheme(event.target.value as Theme)}
      className="h-7 rounded-chip border border-line bg-surface px-1 text-sm text-muted max-sm:hidden"
    >
      {THEMES.map((theme) => (
        <option key={theme} value={theme}>
          {theme}
        </option>
      ))}
    </select>
  );
}
