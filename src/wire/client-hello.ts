/** What a TLS ClientHello says, as far as policy needs it. */
export interface ClientHello {
  /** As sent, not normalised; null when absent. */
  serverName: string | null;
  /** In the client's order; null when the extension is absent. */
  alpn: readonly string[] | null;
}
