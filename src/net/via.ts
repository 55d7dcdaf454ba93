/** Who has passed a call on (RFC 9110 7.6.3): two proxies that send calls to each other would do so until nothing is left. */
import type { Refusal } from './refusal.ts';

export const ROUND: Refusal = {
  status: 403,
  type: 'loop',
  message: 'This call has been here before: this proxy sends it to one that sends it back',
};

export class Via {
  /** As a header has it. */
  readonly own: string;

  /** @param id of this process alone. */
  constructor(id: string) {
    this.own = `1.1 llm-proxy-${id}`;
  }

  /** @param passed the header as it came. */
  isRound(passed: string | undefined): boolean {
    return passed?.includes(this.own) === true;
  }

  /** All that it came through, and us. */
  with(passed: string | undefined): string {
    return passed === undefined ? this.own : `${passed}, ${this.own}`;
  }
}

/** Raw headers, with us among those that passed the call on. */
export function passedOn(headers: string[], via: Via | undefined): string[] {
  return via === undefined ? headers : [...headers, 'Via', via.own];
}
