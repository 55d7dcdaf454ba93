/** The body that a reader makes of a stored one. */

export interface Edited {
  /** For the editor: JSON is laid out, all else stays. */
  text: string;
  isJson: boolean;
}

/** Numbers keep their digits only where they survive JSON.parse; where they do not, the text stays as it is. */
export function editable(stored: string): Edited {
  try {
    const value: unknown = JSON.parse(stored);
    const isExact = JSON.stringify(value).length === withoutSpace(stored).length;
    return { text: isExact ? JSON.stringify(value, null, 2) : stored, isJson: true };
  } catch {
    return { text: stored, isJson: false };
  }
}

/** What is wrong with a text that should be JSON, in words; `null` = nothing. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    if (at === undefined) return message;
    const before = text.slice(0, Number(at)).split('\n');
    return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message.replace(/ \(line .*\)$/, '')}`;
  }
}

/** Without the space between values. */
function withoutSpace(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}
