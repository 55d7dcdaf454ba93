import type { ReactNode } from 'react';
import { hrefOf, type Route } from '../url/route.ts';
import { AllSettings } from './all-settings.tsx';
import { Budgets } from './budgets.tsx';
import { Exporters } from './exporters.tsx';
import { Mode } from './mode.tsx';
import { Prices } from './prices.tsx';
import { Providers } from './providers.tsx';
import { SetUp } from './set-up.tsx';
import { SignOut } from './sign-out.tsx';
import { Storage } from './storage.tsx';
import { Tracing } from './tracing.tsx';

const PARTS: readonly { id: string; name: string; content: (route: Route) => ReactNode }[] = [
  { id: 'setup', name: 'Set-up', content: () => <SetUp /> },
  {
    id: 'mode',
    name: 'Mode and tracing',
    content: () => (
      <>
        <Mode />
        <Tracing />
      </>
    ),
  },
  { id: 'providers', name: 'Providers', content: () => <Providers /> },
  { id: 'prices', name: 'Prices', content: () => <Prices /> },
  { id: 'storage', name: 'Storage', content: (route) => <Storage route={route} /> },
  { id: 'exporters', name: 'Sinks', content: () => <Exporters /> },
  { id: 'budgets', name: 'Budgets', content: (route) => <Budgets route={route} /> },
  {
    id: 'all',
    name: 'All settings',
    content: () => (
      <>
        <AllSettings />
        <SignOut />
      </>
    ),
  },
];

/** How the daemon is set, and how programs are pointed at it. */
export function Settings({ route }: { route: Route }) {
  const open = PARTS.find(({ id }) => id === route.id) ?? PARTS[0];
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <nav
        aria-label="Settings"
        className="shrink-0 overflow-x-auto border-b border-line md:w-40 md:border-r md:border-b-0 md:py-2"
      >
        <ul className="flex md:flex-col">
          {PARTS.map(({ id, name }) => (
            <li key={id}>
              <a
                href={hrefOf(route, 'settings', id)}
                aria-current={open?.id === id ? 'page' : undefined}
                className="block px-4 py-1.5 whitespace-nowrap text-muted hover:text-text aria-[current=page]:font-semibold aria-[current=page]:text-accent"
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-8 overflow-auto px-4 py-4 md:px-6">
        {open?.content(route)}
      </div>
    </div>
  );
}
