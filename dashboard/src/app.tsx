import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, get } from './api/client.ts';
import { liveFeed } from './api/use-live.ts';
import { Boundary } from './frame/boundary.tsx';
import { Login } from './frame/login.tsx';
import { Palette } from './frame/palette.tsx';
import { Rail, SCREEN_NAMES } from './frame/rail.tsx';
import { TopBar } from './frame/top-bar.tsx';
import { KeyHelp } from './keyboard/help.tsx';
import { useKeys } from './keyboard/keys.ts';
import { Failure, Loading } from './kit/states.tsx';
import { loadScreen, useScreen } from './screens.ts';
import { hrefOf, parseRoute, type Route, SCREENS } from './url/route.ts';
import { goTo, useRoute } from './url/use-route.ts';

// While it is asked who comes.
void loadScreen(parseRoute(window.location.hash).screen);

/** `GET /api/whoami`. */
export interface WhoAmI {
  authenticated: boolean;
  auth: 'token' | 'none';
  version: string;
  /** True: no daemon runs; this is the store alone. */
  read_only: boolean;
}

export function App() {
  const route = useRoute();
  const who = useQuery({ queryKey: ['whoami'], queryFn: () => get<WhoAmI>('/api/whoami'), staleTime: Infinity });
  if (who.isPending) return <Loading what="the dashboard" />;
  if (who.isError && !(who.error instanceof ApiError && who.error.status === 401)) {
    return <Failure error={who.error} onRetry={() => void who.refetch()} />;
  }
  if (who.data?.authenticated !== true) return <Login onDone={() => void who.refetch()} />;
  return <Frame route={route} readOnly={who.data.read_only} />;
}

function Frame({ route, readOnly }: { route: Route; readOnly: boolean }) {
  const [overlay, setOverlay] = useState<'help' | 'palette' | null>(null);
  useEffect(() => {
    liveFeed.open();
    return () => liveFeed.close();
  }, []);
  useEffect(() => {
    document.title = `${SCREEN_NAMES[route.screen].name} · llm-proxy`;
  }, [route.screen]);
  useKeys([
    { keys: '?', does: 'list all keys', where: 'everywhere', run: () => setOverlay('help') },
    { keys: 'mod+k', does: 'go to …', where: 'everywhere', run: () => setOverlay('palette') },
    ...SCREENS.map((screen) => ({
      keys: `g ${SCREEN_NAMES[screen].key}`,
      does: SCREEN_NAMES[screen].name.toLowerCase(),
      where: 'everywhere',
      run: () => goTo(hrefOf(route, screen)),
    })),
    { keys: 'p', does: 'pause or resume live updates', where: 'everywhere', run: pauseOrResume },
  ]);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <Rail route={route} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <TopBar route={route} onHelp={() => setOverlay('help')} onPalette={() => setOverlay('palette')} />
        {readOnly && (
          <p role="status" className="border-b border-line bg-raised px-4 py-1 text-sm text-muted">
            No daemon is running: these are the stored calls, read-only.
          </p>
        )}
        <main className="flex min-h-0 flex-1 flex-col">
          <Boundary at={`${route.screen}/${route.id ?? ''}`}>
            <Shown route={route} />
          </Boundary>
        </main>
      </div>
      {overlay === 'help' && <KeyHelp onClose={() => setOverlay(null)} />}
      {overlay === 'palette' && <Palette route={route} onClose={() => setOverlay(null)} />}
    </div>
  );
}

function Shown({ route }: { route: Route }) {
  return useScreen(route) ?? <Loading what={SCREEN_NAMES[route.screen].name.toLowerCase()} />;
}

function pauseOrResume(): void {
  if (liveFeed.state === 'off') liveFeed.open();
  else liveFeed.close();
}
