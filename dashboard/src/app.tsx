import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { askEarly, get, onRefused } from './api/client.ts';
import { liveFeed, useLiveState } from './api/use-live.ts';
import { Boundary } from './frame/boundary.tsx';
import { Login } from './frame/login.tsx';
import { hasFailed, Notice } from './frame/notice.tsx';
import { Palette } from './frame/palette.tsx';
import { Rail, SCREEN_NAMES } from './frame/rail.tsx';
import { TopBar } from './frame/top-bar.tsx';
import { KeyHelp } from './keyboard/help.tsx';
import { useKeys } from './keyboard/keys.ts';
import { Failure, Loading } from './kit/states.tsx';
import { interruptDraft } from './url/draft.ts';
import { firstPageOf } from './calls/first-page.ts';
import { loadScreen, useScreen } from './screens.ts';
import { hrefOf, parseRoute, type Route, SCREENS } from './url/route.ts';
import { goTo, useRoute } from './url/use-route.ts';

// At once, and all of it side by side: who comes, the screen, and what is on it.
askEarly('/api/whoami');
begin(parseRoute(window.location.hash));

function begin(route: Route): void {
  loadScreen(route.screen);
  if (route.screen === 'calls') askEarly(firstPageOf(route.params));
}

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
  const { data, refetch } = who;
  const first = useRef<string | null>(null);
  if (data === undefined) {
    if (who.isPending) return <Loading what="the dashboard" />;
    return <Failure error={who.error} onRetry={() => void refetch()} />;
  }
  first.current ??= data.version;
  const newVersion = data.version === first.current ? null : data.version;
  return (
    <>
      <Connection askWho={refetch} />
      {data.authenticated ? (
        <Frame route={route} readOnly={data.read_only} newVersion={newVersion} />
      ) : (
        <Login onDone={() => void refetch()} />
      )}
    </>
  );
}

/**
 * When the line is lost or back: who is there now, and what could not be had meanwhile. Shows nothing: what would be
 * around it would be drawn again with each change of the line.
 */
function Connection({ askWho }: { askWho: () => unknown }): null {
  const client = useQueryClient();
  const state = useLiveState();
  useEffect(() => onRefused(() => void askWho()), [askWho]);
  useEffect(() => {
    if (state !== 'lost') return undefined;
    // The browser does not tell a daemon that is gone from one that lets nobody in.
    void askWho();
    return () => {
      void askWho();
      void client.refetchQueries({ type: 'active', predicate: hasFailed });
    };
  }, [state, askWho, client]);
  return null;
}

function Frame({ route, readOnly, newVersion }: { route: Route; readOnly: boolean; newVersion: string | null }) {
  const [overlay, setOverlay] = useState<'help' | 'palette' | null>(null);
  const client = useQueryClient();
  useEffect(() => {
    liveFeed.open();
    return () => {
      liveFeed.close();
      interruptDraft();
      // Whoever signs in next may be somebody else.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'whoami' });
    };
  }, [client]);
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
        <Notice readOnly={readOnly} newVersion={newVersion} />
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
