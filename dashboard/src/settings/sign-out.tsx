import { useMutation, useQueryClient } from '@tanstack/react-query';
import { send } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/states.tsx';
import { Part } from './part.tsx';

export function SignOut() {
  const client = useQueryClient();
  const leave = useMutation({
    mutationFn: () => send('POST', '/api/logout'),
    onSuccess: () => {
      client.clear();
      window.location.reload();
    },
  });
  return (
    <Part title="This browser" text="It stays signed in for a week. “llm-proxy dashboard” lets it in again.">
      <div>
        <Button disabled={leave.isPending} onClick={() => leave.mutate()}>
          Sign out
        </Button>
      </div>
      {leave.isError && <Failure error={leave.error} />}
    </Part>
  );
}
