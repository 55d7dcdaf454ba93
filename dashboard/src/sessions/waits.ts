/** Which call brought the result of which tool, and when, from the outline alone. Pure. */
import type { Step } from '../api/shapes.ts';

/** As the pieces of a conversation want it (call/conversation/context.tsx). */
interface ToolWait {
  /** From the end of the answer that asked to the start of the request that brought the result. */
  ms: number;
  /** Null = this call itself. */
  broughtBy: string | null;
  isError: boolean | null;
}

const NONE: ReadonlyMap<string, ToolWait> = new Map();

export class Waits {
  /** By the call that asked or brought, then by the id of the tool's call. */
  readonly #byCall = new Map<string, Map<string, ToolWait>>();

  /** Ids of the calls of tools whose results came with a call further down. */
  readonly #brought = new Set<string>();

  constructor(steps: readonly Step[]) {
    const known = new Map(steps.map((step) => [step.id, step]));
    for (const bringer of steps) {
      for (const { id, call, is_error: isError } of bringer.facts?.tool_results ?? []) {
        const asker = call === null ? undefined : known.get(call);
        if (id === null || asker === undefined) continue;
        this.#brought.add(id);
        const ms = Date.parse(bringer.started_at) - Date.parse(asker.started_at) - asker.duration_ms;
        // A request that began before the answer ended was not waiting for it.
        if (Number.isNaN(ms) || ms < 0) continue;
        this.#put(bringer.id, id, { ms, broughtBy: null, isError });
        this.#put(asker.id, id, { ms, broughtBy: bringer.id, isError });
      }
    }
  }

  /** @param tool id of a tool's call */
  isBrought(tool: string): boolean {
    return this.#brought.has(tool);
  }

  of(call: string): ReadonlyMap<string, ToolWait> {
    return this.#byCall.get(call) ?? NONE;
  }

  #put(call: string, tool: string, wait: ToolWait): void {
    const waits = this.#byCall.get(call);
    if (waits === undefined) this.#byCall.set(call, new Map([[tool, wait]]));
    else waits.set(tool, wait);
  }
}
