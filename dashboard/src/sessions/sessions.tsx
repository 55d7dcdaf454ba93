import { hrefOf, type Route } from '../url/route.ts';
import { SessionListView } from './list.tsx';
import { SessionDetail } from './session.tsx';
import { TaskListView } from './task-list.tsx';

/** Conversations, and the tasks that took several of them. */
export function Sessions({ route }: { route: Route }) {
  const isTasks = route.params.get('of') === 'tasks';
  if (route.id !== null) {
    return <SessionDetail key={route.id} route={route} topic={isTasks ? 'trace' : 'session'} id={route.id} />;
  }
  return (
    <>
      <nav aria-label="Sessions or tasks" className="flex h-8 shrink-0 gap-1 border-b border-line bg-surface px-3">
        <Switch href={hrefOf(route, 'sessions')} isOn={!isTasks} name="Sessions" />
        <Switch href={hrefOf(route, 'sessions', null, { of: 'tasks' })} isOn={isTasks} name="Tasks" />
      </nav>
      {isTasks ? <TaskListView route={route} /> : <SessionListView route={route} />}
    </>
  );
}

function Switch({ href, isOn, name }: { href: string; isOn: boolean; name: string }) {
  return (
    <a
      href={href}
      aria-current={isOn ? 'page' : undefined}
      className="flex items-center border-b-2 border-transparent px-2 text-muted hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
    >
      {name}
    </a>
  );
}
