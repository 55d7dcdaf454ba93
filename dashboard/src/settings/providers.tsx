import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { PolicyAnswer } from '../../../src/core/ports.ts';
import { get, send } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { Failure } from '../kit/states.tsx';
import { Answered, Facts, Part, SimpleTable } from './part.tsx';

/** `GET /api/providers`. */
interface Provider {
  id: string;
  title: string;
  kind: string;
  hosts: string[];
  base_url: string | null;
  verdict: 'intercept' | 'tunnel';
  endpoints: { method: string; path: string; operation?: string }[];
}

/** `POST /api/policy`. */
interface Policy extends PolicyAnswer {
  endpoint: { method: string; path: string; operation: string | null; kind: string } | null;
}

export function Providers() {
  const list = useQuery({
    queryKey: ['providers'],
    queryFn: () => get<{ providers: Provider[] }>('/api/providers'),
    staleTime: Infinity,
  });
  const [text, setText] = useState('');
  return (
    <>
      <TestBox />
      <Part
        title="Providers"
        text="Model providers are intercepted. Payments, messaging, search and vector databases are known and tunnelled unread until they are named with --intercept."
      >
        <Answered query={list} what="providers">
          {({ providers }) => {
            const shown = providers.filter((provider) =>
              `${provider.id} ${provider.title} ${provider.hosts.join(' ')}`.toLowerCase().includes(text.toLowerCase()),
            );
            return (
              <>
                <input
                  type="search"
                  aria-label="Find a provider"
                  placeholder="Name or host"
                  value={text}
                  onChange={(event) => setText(event.target.value)}
                  className="h-7 w-64 rounded-chip border border-line bg-surface px-2"
                />
                <SimpleTable
                  label="Providers"
                  head={[
                    { title: 'Provider' },
                    { title: 'Hosts' },
                    { title: 'By default' },
                    { title: 'Endpoints', end: true },
                    { title: 'Base URL' },
                  ]}
                  rows={shown.map((provider) => ({
                    key: provider.id,
                    cells: [
                      <span key="id" className="inline-flex items-center gap-1.5 whitespace-nowrap">
                        <ProviderDot provider={provider.id} />
                        {provider.id}
                      </span>,
                      <span key="hosts" className="font-mono text-sm text-muted">
                        {provider.hosts.slice(0, 4).join(', ')}
                        {provider.hosts.length > 4 && ` and ${provider.hosts.length - 4} more`}
                      </span>,
                      provider.verdict === 'intercept' ? 'intercepted' : 'tunnelled',
                      provider.endpoints.length,
                      provider.base_url === null ? (
                        <span key="url" className="text-faint">
                          –
                        </span>
                      ) : (
                        <code key="url" className="font-mono text-sm">
                          /{provider.id}
                        </code>
                      ),
                    ],
                  }))}
                />
                {shown.length === 0 && (
                  <p className="text-muted">
                    No provider of that name. Your own can be described in llm-proxy.toml: docs/adding-a-provider.md.
                  </p>
                )}
              </>
            );
          }}
        </Answered>
      </Part>
    </>
  );
}

/** What would happen to a call. */
function TestBox() {
  const [url, setUrl] = useState('https://api.openai.com/v1/chat/completions');
  const test = useMutation({ mutationFn: (asked: string) => send<Policy>('POST', '/api/policy', { url: asked }) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    test.mutate(url.trim());
  };
  return (
    <Part title="What happens to a call" text="By the host rules in force. Nothing is sent.">
      <form onSubmit={submit} className="flex max-w-3xl gap-2">
        <input
          aria-label="Address of a call"
          value={url}
          onChange={(event) => {
            setUrl(event.target.value);
            // It was said of another one.
            test.reset();
          }}
          className="h-7 min-w-0 flex-1 rounded-chip border border-line bg-surface px-2 font-mono text-sm"
        />
        <Button type="submit" disabled={url.trim() === ''}>
          Test
        </Button>
      </form>
      {test.isError && <Failure error={test.error} />}
      {test.data !== undefined && (
        <div role="status">
          <Facts
            facts={[
              ['Verdict', VERDICTS[test.data.verdict]],
              ['Why', test.data.message],
              ['Provider', test.data.provider ?? 'unknown'],
              ['Endpoint', endpointText(test.data)],
            ]}
          />
        </div>
      )}
    </Part>
  );
}

const VERDICTS = {
  intercept: 'intercepted: read, metered, recorded',
  tunnel: 'tunnelled: passed on unread',
  refuse: 'refused',
} as const;

function endpointText({ endpoint }: Policy): string {
  if (endpoint === null) return 'none that is known: read as JSON or a stream, counted by what it states';
  return `${endpoint.method} ${endpoint.path}${endpoint.operation === null ? '' : ` (${endpoint.operation})`}`;
}
