/**
 * What was written when the session ended, for after the next sign-in. In the memory of this page alone: it may hold
 * secrets that were put in again. Typed keys are not kept at all.
 */
interface Held {
  call: string;
  text: string;
  /** The session ended while it was being written. */
  isInterrupted: boolean;
}

let held: Held | null = null;

/** Holds what is being written to replay `call`. @returns to be called when it is written no longer */
export function holdDraft(call: string, text: string): () => void {
  const mine: Held = { call, text, isInterrupted: false };
  held = mine;
  return () =>
    // What tells that the session ended comes in the same go, before or after.
    queueMicrotask(() => {
      if (held === mine && !mine.isInterrupted) held = null;
    });
}

/** The session has ended. */
export function interruptDraft(): void {
  if (held !== null) held.isInterrupted = true;
}

/** What was being written to replay `call` when the session ended; null = nothing. */
export function interruptedDraft(call: string): string | null {
  return held?.isInterrupted === true && held.call === call ? held.text : null;
}

/** It is not wanted any more. */
export function dropDraft(): void {
  held = null;
}
