import { describe, expect, it } from 'vitest';
import { CODE_SECONDS, Logins, SESSION_SECONDS } from '../../../src/admin/logins.ts';

const TOKEN = 'a-token-of-thirty-two-characters';

function withClock(token = TOKEN): { logins: Logins; pass: (seconds: number) => void } {
  let wall = 1_795_260_000_000;
  return { logins: new Logins(token, { wall: () => wall }), pass: (seconds) => void (wall += seconds * 1000) };
}

describe('admin/logins', () => {
  it('takes a code once', () => {
    const { logins } = withClock();
    const { code } = logins.makeCode();
    expect(code.length).toBeGreaterThanOrEqual(32);
    expect([logins.redeem(code), logins.redeem(code)]).toEqual([true, false]);
    expect(logins.redeem('')).toBe(false);
  });

  it('takes a code for a minute', () => {
    const { logins, pass } = withClock();
    const [early, late] = [logins.makeCode().code, logins.makeCode().code];
    pass(CODE_SECONDS - 1);
    expect(logins.redeem(early)).toBe(true);
    pass(1);
    expect(logins.redeem(late)).toBe(false);
  });

  it('keeps no more codes than anybody needs', () => {
    const { logins } = withClock();
    const [first = '', ...rest] = Array.from({ length: 200 }, () => logins.makeCode().code);
    expect(logins.redeem(first)).toBe(false);
    expect(logins.redeem(rest.at(-1) ?? '')).toBe(true);
  });

  it('knows its sessions again after a restart, and those of no other home', () => {
    const session = withClock().logins.begin();
    expect(session).not.toContain(TOKEN);
    expect(withClock().logins.isSession(session)).toBe(true);
    expect(withClock('another-token-of-32-characters!!').logins.isSession(session)).toBe(false);
  });

  it('ends a session after a week, or when it is told to', () => {
    const { logins, pass } = withClock();
    const [one, other] = [logins.begin(), logins.begin()];
    logins.end(one);
    expect([logins.isSession(one), logins.isSession(other)]).toEqual([false, true]);
    pass(SESSION_SECONDS);
    expect(logins.isSession(other)).toBe(false);
  });

  it('believes no session of which a character is not its own', () => {
    const { logins } = withClock();
    const session = logins.begin();
    for (let at = 0; at < session.length; at += 1) {
      const other = session[at] === '1' ? '2' : '1';
      expect(logins.isSession(session.slice(0, at) + other + session.slice(at + 1)), `character ${at}`).toBe(false);
    }
    for (const value of ['', session.slice(1), `${session}A`, 's1...', TOKEN]) {
      expect(logins.isSession(value)).toBe(false);
    }
  });
});
