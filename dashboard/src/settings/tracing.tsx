import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/states.tsx';
import { Answered, Part } from './part.tsx';

interface TracingState {
  enabled: boolean;
}

/** Whether bodies are recorded. */
export function Tracing() {
  const client = useQueryClient();
  const state = useQuery({ queryKey: ['tracing'], queryFn: () => get<TracingState>('/api/tracing') });
  const change = useMutation({
    mutationFn: (enabled: boolean) => send<TracingState>('PUT', '/api/tracing', { enabled }),
    onSuccess: (data) => client.setQueryData(['tracing'], data),
  });
  return (
    <Part
      title="Tracing"
      text="Off: no bodies go to log files and the store. Usage, cost and timing are counted either way. On again after a restart."
    >
      <Answered query={state} what="the switch">
        {({ enabled }) => (
          <p className="flex items-center gap-4">
            <span>
              {enabled ? (
                <>
                  <span className="text-ok">●</span> Bodies are recorded.
                </>
              ) : (
                <>
                  <span className="text-warn">▲</span> Bodies are not recorded.
                </>
              )}
            </span>
            <Button disabled={change.isPending} onClick={() => change.mutate(!enabled)}>
              {enabled ? 'Stop recording bodies' : 'Record bodies again'}
            </Button>
          </p>
        )}
      </Answered>
      {change.isError && <Failure error={change.error} />}
    </Part>
  );
}
