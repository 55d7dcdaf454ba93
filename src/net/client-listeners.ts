import type { Socket } from 'node:net';

export interface ClientEvents {
  data(chunk: Buffer): void;
  drain(): void;
  end(): void;
  close(): void;
}

/** Hears a client. @returns stops that: from then on it is another's to hear, which must be within the same turn. */
export function hearClient(client: Socket, events: ClientEvents): () => void {
  const destroy = (): void => void client.destroy();
  const all = { ...events, error: destroy };
  const names = Object.keys(all) as (keyof typeof all)[];
  for (const name of names) client.on(name, all[name]);
  return () => {
    for (const name of names) client.off(name, all[name]);
  };
}
