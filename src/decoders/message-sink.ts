/** Where the framing decoders put what they cut out. */
export interface MessageSink {
  /** One JSON text, not yet parsed. */
  onMessage(text: string): void;
  /** A message longer than `maxLength` was left out. */
  onOversized(): void;
  /** Bytes of one message. */
  maxLength: number;
}
