/** Bodies that are kept until it is known how they go on: how much of one, and of all together, has room. */
export interface HeldLimits {
  maxEachBytes: number;
  maxAllBytes: number;
}

const LIMITS: HeldLimits = { maxEachBytes: 32 * 1024 * 1024, maxAllBytes: 256 * 1024 * 1024 };

export class HeldBytes {
  readonly #limits: HeldLimits;
  #bytes = 0;

  constructor(limits: Partial<HeldLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  open(): HeldBody {
    let held = 0;
    return new HeldBody({
      take: (bytes) => {
        if (held + bytes > this.#limits.maxEachBytes || this.#bytes + bytes > this.#limits.maxAllBytes) return false;
        held += bytes;
        this.#bytes += bytes;
        return true;
      },
      give: () => {
        this.#bytes -= held;
        held = 0;
      },
    });
  }
}

interface Room {
  take(bytes: number): boolean;
  give(): void;
}

export class HeldBody {
  readonly #room: Room;
  #parts: Buffer[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  get parts(): readonly Buffer[] {
    return this.#parts;
  }

  /** False = there is no room for it; it is among the parts all the same, for these are all that there is of the body. */
  push(chunk: Buffer): boolean {
    this.#parts.push(chunk);
    return this.#room.take(chunk.length);
  }

  /** May be called again. */
  release(): void {
    this.#room.give();
    this.#parts = [];
  }
}
