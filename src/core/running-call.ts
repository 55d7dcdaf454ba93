/** Calls under way, as the live view shows them: secrets masked, nothing of it kept. */

export interface RunningCall {
  /** That its record will have. */
  id: string;
  /** ISO 8601 UTC. */
  started_at: string;
  provider: string;
  host: string;
  method: string;
  /** With query; secrets masked. */
  path: string;
  /** As answered, else as asked; `null` = not said yet. */
  model: string | null;
  session_id: string | null;
  run_id: string | null;
  client: string | null;
  /** `null` = no answer yet. */
  status: number | null;
  /** Body bytes on the wire so far. */
  request_bytes: number;
  bytes: number;
  /** As far as the provider has stated them by now. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Characters of what was thought so far. */
  thinking_chars: number;
  /** The tool that the answer called last; `null` = none so far. */
  tool: string | null;
  /** The end of what was answered so far; `null` = nothing, or texts of this provider are kept nowhere. */
  text: string | null;
}

/** What has changed. `gone`: ids of calls that ended; nearly always their records came before. */
export interface RunningNews {
  started: RunningCall[];
  progress: RunningCall[];
  gone: string[];
}
