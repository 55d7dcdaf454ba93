import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { useEndedCalls } from '../api/use-live.ts';
import type { ClientSeen } from '../../../src/admin/clients-seen.ts';
import type { TlsTrouble } from '../../../src/core/ports.ts';

/** `GET /api/setup`; without a daemon there is nothing to point a program at. */
export interface Setup {
  proxy_url?: string;
  ca_file?: string;
  bundle_file?: string;
  tls_troubles?: TlsTrouble[];
  clients: ClientSeen[];
}

const REFRESH_MS = 5000;

/** Asked again while it is looked at, and at once when a call ends. */
export function useSetup(): UseQueryResult<Setup> {
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: () => get<Setup>('/api/setup'),
    refetchInterval: REFRESH_MS,
  });
  const again = (): void => void setup.refetch({ cancelRefetch: false });
  useEndedCalls(again, again);
  return setup;
}
