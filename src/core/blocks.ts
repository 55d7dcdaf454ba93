/** A body in the pieces of which it is stored: each piece once, however often it is sent again. */

/** What a piece is. `glue` is what stands between the others: braces, commas, small members. */
export type BlockKind =
  | 'system'
  | 'tools'
  | 'message'
  | 'text'
  | 'image'
  | 'audio'
  | 'document'
  | 'event'
  | 'binary'
  /** Start line and headers, without the values that differ from call to call. Not part of a body. */
  | 'head'
  | 'glue';

/** A slice of a body. All slices of a body, one after the other, are the body. */
export interface Block {
  /** Bytes of the body: first, and the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly kind: BlockKind;
  /** Who speaks, as the body says it (`user`, `assistant`, `model`, `tool` ...); `null` = it does not. */
  readonly role: string | null;
  /** Place in `CutBody.messages`; -1 = in none. */
  readonly message: number;
  /** The first 16 bytes of SHA-256 of the slice, hex. */
  readonly hash: string;
}

/** One message of the conversation that a request carries. */
export interface BodyMessage {
  readonly start: number;
  readonly end: number;
  readonly role: string | null;
  /**
   * Equal for messages that say the same: 16 bytes of SHA-256, hex, without what clients move from turn to turn
   * (`cache_control`).
   */
  readonly fingerprint: string;
}

/** A body, secrets masked, and where it is cut. */
export interface CutBody {
  readonly bytes: Uint8Array;
  readonly blocks: readonly Block[];
  /** In the order of the conversation; empty = none was found. */
  readonly messages: readonly BodyMessage[];
  /** Fingerprints of the system prompt and the tools, when there are any. */
  readonly system: string | null;
  readonly tools: string | null;
}
