/** What the net thread and the reader thread say to each other at its start. Types only. */
import type { MessagePort } from 'node:worker_threads';
import type { Setting } from '../config/settings.ts';
import type { LocalServer, Table } from '../config/values.ts';
import type { LifeSettings } from '../core/ports.ts';

export interface AdminThreadData {
  host: string;
  port: number;
  /** Null = nobody is asked for one. */
  token: string | null;
  allowedHosts: readonly string[];
  version: string;
  caFile: string;
  db: string;
  bedrockRegion: string | null;
  /** Model servers and providers that the configuration names. */
  localServers: readonly LocalServer[];
  ownProviders: readonly Table[];
  /** For people to look at. */
  settings: readonly Setting[];
  logDir: string;
  life: LifeSettings;
  /** Systems that calls are sent to. */
  destinations: readonly string[];
  /** Serves NetControl. */
  net: MessagePort;
}

export type AdminThreadMessage = { port: number } | { error: string; code: string | null };

/** Comes when the recorder thread has (again) started (the port serves RecorderService), and at the end. */
export type ToAdminThread = { recorder: MessagePort } | { stop: true };
