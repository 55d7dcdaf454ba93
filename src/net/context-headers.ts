import { AppError } from '../core/errors.ts';
import { stripHeaders } from '../wire/head.ts';

/** Ours and LLMObserve's context headers: the recorder reads them, nobody else gets them. Lower-case prefixes. */
const OURS = ['x-llmobserve-', 'x-llm-proxy-'];
/** Without a maker's name: elsewhere they may be meant for the upstream, but a base URL is ours. */
const GENERIC: ReadonlySet<string> = new Set(['x-trace-id', 'x-task-id', 'x-agent-name', 'traceparent']);

/** Which headers are read here and not sent on. */
export interface ContextHeaders {
  /** Lower-case prefixes, for the parser of heads. */
  readonly watched: readonly string[];
  /** The head without them, or null when nothing is to be cut: there are none, or a signature covers them all. */
  strip(head: Buffer): Buffer | null;
  /** For a head that cannot be read line by line beyond doubt. */
  mentionedIn(bytes: Buffer): boolean;
  /** @param name lower case. @param isBaseUrl of a request to one of our own paths */
  isCut(name: string, isBaseUrl: boolean): boolean;
}

/** @param more names that the user wants cut as well, in any case; each a token. */
export function contextHeaders(more: readonly string[] = []): ContextHeaders {
  const names = new Set(more.map((name) => name.toLowerCase()));
  const prefixes = [...OURS, ...[...names].map((name) => `${name}:`)];
  const escaped = [...names].map((name) => `${name.replaceAll(/[^\w-]/g, '\\$&')}[ \\t]*:`);
  const line = new RegExp(`^(?:${[...OURS, ...escaped].join('|')})`, 'im');
  return {
    watched: [...OURS, ...names],
    strip(head) {
      const { head: stripped, cut } = stripHeaders(head, prefixes);
      return cut.length === 0 ? null : stripped;
    },
    mentionedIn: (bytes) => line.test(bytes.toString('latin1')),
    isCut: (name, isBaseUrl) =>
      names.has(name) || (isBaseUrl && GENERIC.has(name)) || OURS.some((prefix) => name.startsWith(prefix)),
  };
}

/** Without these a request is another one, or none. */
const NEEDED =
  /^(?:host|connection|content-[a-z-]+|transfer-encoding|te|trailer|upgrade|expect|authorization|x-api-key|api-key|accept|sec-websocket-.*)$/i;

/** Checks what the user wants cut. Throws AppError `config_invalid`. */
export function namesToCut(names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (!/^[A-Za-z][\w-]{0,99}$/.test(name))
      throw new AppError('config_invalid', `context.cut: ${name} is not the name of a header`);
    if (NEEDED.test(name)) throw new AppError('config_invalid', `context.cut: the provider needs ${name}`);
  }
  return names;
}

/** Without any of the user's. */
export const CONTEXT_HEADERS = contextHeaders();
