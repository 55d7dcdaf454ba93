import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { get, send } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/states.tsx';
import { Answered, Part } from './part.tsx';

type ModeName = 'passthrough' | 'target' | 'compare';

/** `GET /api/mode`. */
interface ModeState {
  mode: ModeName;
  target_url: string | null;
  model: string | null;
  guarded: boolean;
}

const EFFECTS: Record<ModeName, { name: string; text: (target: string) => string }> = {
  passthrough: {
    name: 'Passthrough',
    text: () => 'Clients get the answers of the providers that they asked. Nothing is steered.',
  },
  target: {
    name: 'Target',
    text: (target) =>
      `Clients get answers from ${target}. Nothing reaches the providers that they asked, and their keys go nowhere.`,
  },
  compare: {
    name: 'Compare',
    text: (target) =>
      `Clients get the answers of the providers that they asked, untouched. ${target} gets a copy of each request; its answers are recorded beside them, in no total, and cost what the target costs.`,
  },
};

/** Where calls go, and a switch that says what it does before it does it. */
export function Mode() {
  const state = useQuery({ queryKey: ['mode'], queryFn: () => get<ModeState>('/api/mode') });
  return (
    <Part
      title="Mode"
      text="For intercepted calls and base URLs alike. A switch takes the next calls; those under way end where they began."
    >
      <Answered query={state} what="the mode">
        {(data) => <Switch state={data} />}
      </Answered>
    </Part>
  );
}

function Switch({ state }: { state: ModeState }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<ModeName | null>(null);
  const change = useMutation({
    mutationFn: (mode: ModeName) => send<ModeState>('PUT', '/api/mode', { mode }),
    onSuccess: (data) => client.setQueryData(['mode'], data),
    onSettled: () => setAsked(null),
  });
  const target = state.target_url ?? 'the target';
  return (
    <>
      <ul className="flex max-w-3xl flex-col border-y border-line">
        {(Object.keys(EFFECTS) as ModeName[]).map((mode) => {
          const why = mode === state.mode ? null : reasonNot(mode, state);
          return (
            <li key={mode} className="flex items-start gap-4 border-b border-line py-3 last:border-b-0">
              <div className="min-w-0 flex-1">
                <p className="font-semibold">
                  {EFFECTS[mode].name}
                  {mode === state.mode && <span className="ml-2 font-normal text-ok">● in force</span>}
                </p>
                <p className="text-muted">{EFFECTS[mode].text(target)}</p>
                {why !== null && <p className="text-warn">{why}</p>}
              </div>
              {mode !== state.mode && (
                <Button disabled={why !== null} title={why ?? undefined} onClick={() => setAsked(mode)}>
                  Switch to {EFFECTS[mode].name.toLowerCase()}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {state.model !== null && (
        <p>
          Whatever model a client names, the target is asked for <code className="font-mono">{state.model}</code>.
        </p>
      )}
      {change.isError && <Failure error={change.error} />}
      {asked !== null && (
        <Dialog title={`Switch to ${EFFECTS[asked].name.toLowerCase()}?`} onClose={() => setAsked(null)}>
          <p>{EFFECTS[asked].text(target)}</p>
          <p className="mt-2 text-muted">It holds until the daemon is started again, or until the next switch.</p>
          <div className="mt-4 flex gap-2">
            <Button look="primary" disabled={change.isPending} onClick={() => change.mutate(asked)}>
              Switch
            </Button>
            <Button onClick={() => setAsked(null)}>Leave it</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Why there is no such switch; `null` = there is. */
function reasonNot(mode: ModeName, { target_url: target, guarded }: ModeState): string | null {
  if (mode === 'passthrough')
    return guarded ? 'Switches to the providers are not allowed here (allow_anthropic_only = false).' : null;
  return target === null
    ? 'No target is configured: start with --target-url, or set target.url in llm-proxy.toml.'
    : null;
}
