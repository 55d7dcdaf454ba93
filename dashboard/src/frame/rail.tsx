import { useLiveState, useRunningCalls } from '../api/use-live.ts';
import { hrefOf, type Route, type Screen } from '../url/route.ts';

export const SCREEN_NAMES: Record<Screen, { name: string; key: string }> = {
  overview: { name: 'Overview', key: 'o' },
  calls: { name: 'Calls', key: 'c' },
  sessions: { name: 'Sessions', key: 's' },
  compare: { name: 'Compare', key: 'x' },
  settings: { name: 'Settings', key: 't' },
};

/** Where one can go, and whether the daemon is there. On a phone it is the bar at the bottom. */
export function Rail({ route }: { route: Route }) {
  return (
    <nav
      aria-label="Screens"
      className="order-last flex shrink-0 border-t border-line bg-surface md:order-first md:w-36 md:flex-col md:border-t-0 md:border-r md:py-3 print:hidden"
    >
      <p className="hidden px-4 pb-3 font-semibold md:block">llm-proxy</p>
      <ul className="flex flex-1 justify-around md:flex-none md:flex-col">
        {(Object.keys(SCREEN_NAMES) as Screen[]).map((screen) => (
          <li key={screen}>
            <a
              href={hrefOf(route, screen)}
              aria-current={route.screen === screen ? 'page' : undefined}
              title={`g ${SCREEN_NAMES[screen].key}`}
              className="block px-2 py-3 text-muted hover:text-text aria-[current=page]:font-semibold aria-[current=page]:text-accent md:px-4 md:py-1.5"
            >
              {SCREEN_NAMES[screen].name}
            </a>
          </li>
        ))}
      </ul>
      <div className="mt-auto hidden px-4 text-sm md:block">
        <LiveStatus />
      </div>
    </nav>
  );
}

const WORDS = {
  open: { sign: '●', colour: 'text-ok', text: 'live' },
  connecting: { sign: '○', colour: 'text-muted', text: 'connecting' },
  lost: { sign: '✕', colour: 'text-bad', text: 'no connection' },
  off: { sign: '‖', colour: 'text-muted', text: 'paused' },
} as const;

function LiveStatus() {
  const state = useLiveState();
  const running = useRunningCalls().size;
  const { sign, colour, text } = WORDS[state];
  return (
    <p className="text-muted">
      <span aria-hidden="true" className={colour}>
        {sign}
      </span>{' '}
      {text}
      {running > 0 && <span className="block">{running} running</span>}
    </p>
  );
}
