import type { ImportItem } from '../../core/transfer.ts';

/** One thing that a file holds: a call, or what could not be read, and where it stands. */
export type Found = { item: ImportItem; place: string } | { problem: string; place: string };

/** Longest line or entry: both bodies of a call at their bounds, in base64, fit into it. Bytes. */
export const MAX_ENTRY = 64 * 1024 * 1024;

export const TOO_LONG = `longer than ${MAX_ENTRY / 1024 / 1024} MB`;
