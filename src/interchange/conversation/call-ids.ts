/** Calls and results that bear no ids (Gemini, Ollama) get some that match. */
export class CallIds {
  /** Calls without a result so far, in order. */
  readonly #open: { id: string; name: string }[] = [];
  #made = 0;

  /** A tool is called. */
  asked(id: string | null, name: string): string {
    const made = id ?? this.#next();
    this.#open.push({ id: made, name });
    return made;
  }

  /** A tool has answered. @param name null = not told */
  answered(id: string | null, name: string | null): { id: string; name: string | null } {
    const at = this.#open.findIndex((call) => (id === null ? name === null || call.name === name : call.id === id));
    const [call] = at < 0 ? [] : this.#open.splice(at, 1);
    return { id: id ?? call?.id ?? this.#next(), name: name ?? call?.name ?? null };
  }

  #next(): string {
    this.#made += 1;
    return `call_${this.#made}`;
  }
}
