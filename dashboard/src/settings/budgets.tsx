import { hrefOf, type Route } from '../url/route.ts';
import { Part } from './part.tsx';

export function Budgets({ route }: { route: Route }) {
  return (
    <Part title="Budgets" text="This version has no budgets: nothing is warned of and nothing is blocked.">
      <p>
        What is spent, by model, client, customer or section, stands in the{' '}
        <a className="underline" href={hrefOf(route, 'overview')}>
          overview
        </a>
        ; a limit can be watched with Prometheus: <code className="font-mono">llm_proxy_cost_usd_total</code> in{' '}
        <a className="underline" href="/metrics">
          /metrics
        </a>
        .
      </p>
    </Part>
  );
}
