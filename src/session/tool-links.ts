/** Which call asked for a tool, which session does its work, and which call brings the result. */
import { RecentMap } from '../core/recent-map.ts';
import type { AgentFacts, Edge, EdgeType, ToolResult } from '../core/sessions.ts';
import { unnamedTool } from './delegations.ts';
import type { KnownCall } from './known-calls.ts';
import type { ReadMessage } from './scanned-message.ts';
import { edgeId } from './scope.ts';

const TOOLS = 24_000;
const DELEGATED = 4096;
const MAX_RESULTS = 128;

export class ToolLinks {
  readonly #askedBy = new RecentMap<KnownCall>(TOOLS);
  readonly #sessions = new RecentMap<string>(DELEGATED);

  callOf(place: string, id: string): KnownCall | null {
    return this.#askedBy.get(`${place}\0${id}`) ?? null;
  }

  asked(place: string, known: KnownCall): void {
    for (const { id } of known.answer.tools) if (id !== null) this.#askedBy.set(`${place}\0${id}`, known);
  }

  keyOf(place: string, call: string, id: string | null, index: number): string {
    return id === null ? unnamedTool(call, index) : `${place}\0${id}`;
  }

  /** The work of this tool is done in a session of its own. */
  delegate(tool: string, session: string): void {
    this.#sessions.set(tool, session);
  }

  /** @param from the call that this one follows: ids like `call_1` are its own */
  resultsOf(place: string, messages: readonly ReadMessage[], from: KnownCall | null): ToolResult[] {
    const results = messages.flatMap(({ toolResults }) => toolResults).slice(0, MAX_RESULTS);
    return results.map(({ id, name, isError }) => {
      const ofBefore = from?.answer.tools.find((tool) => (id === null ? tool.name === name : tool.id === id));
      const asked = ofBefore === undefined && id !== null ? this.callOf(place, id) : from;
      const tool = ofBefore ?? asked?.answer.tools.find((tool) => tool.id === id);
      const call = tool === undefined ? null : (asked?.call ?? null);
      return { id, name: tool?.name ?? name, call, is_error: isError };
    });
  }

  /** @param lastCallOf the last call of a session, which ended with the result */
  edgesOf(
    to: string,
    origin: { call: string; how: NonNullable<AgentFacts['follows']>['how'] } | null,
    results: readonly ToolResult[],
    place: string,
    lastCallOf: (session: string) => string | null,
  ): Edge[] {
    const edges = new Map<string, Edge>();
    const add = (from: string | null, type: EdgeType): void => {
      if (from === null || from === to) return;
      const id = edgeId(type, from, to);
      edges.set(id, { id, from, to, type });
    };
    if (origin !== null) add(origin.call, origin.how);
    for (const { id, call } of results) {
      add(call, 'tool_result');
      const session = id === null ? undefined : this.#sessions.get(`${place}\0${id}`);
      if (session !== undefined) add(lastCallOf(session), 'tool_result');
    }
    return [...edges.values()];
  }
}
