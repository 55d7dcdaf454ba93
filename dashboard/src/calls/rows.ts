/** What stands in the list: calls under way on top, then those that ended. */
import type { CallRecord, HitText, RunningCall } from '../api/shapes.ts';
import type { Rows } from '../kit/grid-rows.ts';
import type { CallList } from './call-list.ts';
import type { Listed } from './listed.ts';

export interface EndedRow {
  running: null;
  call: CallRecord;
  text: HitText | null;
}

export interface RunningRow {
  running: RunningCall;
  call: null;
}

export type Row = EndedRow | RunningRow;

export function keyOf({ call, running }: Row): string {
  return call === null ? running.id : call.id;
}

/** The rows of one moment. The same row is the same object from moment to moment, so that it is not drawn again. */
export class ShownRows implements Rows<Row> {
  readonly version: number;
  readonly #top: readonly Row[];
  readonly #list: CallList;
  readonly #memory: WeakMap<Listed, Row>;

  /** @param version of the list: another one is another moment */
  constructor(top: readonly Row[], list: CallList, memory: WeakMap<Listed, Row>, version: number) {
    this.version = version;
    // An answer may come before the feed says that the call has ended: it stands where the list has it, once.
    this.#top = top.filter((row) => list.indexOf(keyOf(row)) < 0);
    this.#list = list;
    this.#memory = memory;
  }

  /** Rows that are not of the list. */
  get above(): number {
    return this.#top.length;
  }

  get length(): number {
    return this.#top.length + this.#list.length;
  }

  readonly at = (index: number): Row | undefined => {
    if (index < this.#top.length) return this.#top[index];
    const listed = this.#list.at(index - this.#top.length);
    if (listed === undefined) return undefined;
    const known = this.#memory.get(listed);
    if (known !== undefined) return known;
    const row: Row = { running: null, call: listed.call, text: listed.text };
    this.#memory.set(listed, row);
    return row;
  };

  readonly indexOf = (key: string): number => {
    const top = this.#top.findIndex((row) => keyOf(row) === key);
    if (top >= 0) return top;
    const found = this.#list.indexOf(key);
    return found < 0 ? -1 : this.#top.length + found;
  };
}
