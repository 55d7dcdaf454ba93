import { type FormEvent, useState } from 'react';
import { LOGIN, send } from '../api/client.ts';
import { Button } from '../kit/button.tsx';

/** Who comes without the cookie: the command that opens this page signed in, or the token by hand. */
export function Login({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | null>(null);
  const wasExpired = new URLSearchParams(window.location.search).get('login') === 'expired';
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      await send('POST', LOGIN, { token: token.trim() });
      onDone();
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <main className="mx-auto flex max-w-md flex-col gap-4 px-4 py-16">
      <h1 className="text-title font-semibold">llm-proxy</h1>
      <p>
        Calls hold what people wrote, so this page is shown only to those who may read them. In a terminal of this
        machine:
      </p>
      <pre className="rounded-panel border border-line bg-raised px-3 py-2 font-mono">llm-proxy dashboard</pre>
      {wasExpired && (
        <p role="alert" className="text-warn">
          The link that led here was used before, or is older than a minute: each lets one browser in, once. The command
          prints a new one.
        </p>
      )}
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-2">
        <label htmlFor="token" className="text-muted">
          Or paste the token from <code className="font-mono">run/admin-token</code> in the home of llm-proxy:
        </label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          className="h-8 rounded-chip border border-line bg-surface px-2 font-mono"
        />
        {error !== null && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        <div>
          <Button look="primary" type="submit" disabled={token.trim() === ''}>
            Sign in
          </Button>
        </div>
      </form>
    </main>
  );
}
