import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCall, assistant, aTracker, type Message, user } from '../../support/conversations.ts';

const WORDS = ['hi', 'Hello.', 'Go on, please, and tell me more about the parser.'];
const anyTurn = fc.record({
  who: fc.nat(3),
  said: fc.constantFrom(...WORDS),
  answer: fc.constantFrom(...WORDS),
  fails: fc.boolean(),
  restarts: fc.boolean(),
  connection: fc.nat(2),
  edits: fc.nat(4),
});

describe('session/tracker', () => {
  it('never merges sessions with different names, keys or hosts, whatever they say', () => {
    const strangers = [{ clientSession: 'a' }, { clientSession: 'b' }, { key: 'k2' }, { host: 'other' }];
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 40 }), (turns) => {
        let house = aTracker();
        const histories: Message[][] = strangers.map(() => []);
        const seen = new Map<string, number>();
        for (const { who, said, answer, fails, restarts, connection, edits } of turns) {
          if (restarts) house = aTracker(house.store);
          const history = histories[who]!;
          // Each says what anybody says, now and then from an earlier point on.
          history.splice(Math.max(0, history.length - edits * 2));
          history.push(user(said));
          const call = aCall({ messages: history }, fails ? null : { text: answer }, { ...strangers[who], connection });
          const placed = house.place(call);
          if (!fails) history.push(assistant(answer));
          const session = placed.part?.session.id ?? '';
          expect(seen.get(session) ?? who).toBe(who);
          seen.set(session, who);
          if (placed.facts?.follows != null) expect(placed.facts.turn).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });
});
