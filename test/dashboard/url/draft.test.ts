import { afterEach, describe, expect, it } from 'vitest';
import { dropDraft, holdDraft, interruptDraft, interruptedDraft } from '../../../dashboard/src/url/draft.ts';

afterEach(() => dropDraft());

/** After what was put off until the end of this turn. */
const turned = async (): Promise<void> => Promise.resolve();

describe('dashboard/url/draft', () => {
  it('gives back what was written when the session ended, in whatever order the parts of the page go', async () => {
    const release = holdDraft('call-1', 'typed');
    release();
    interruptDraft();
    await turned();
    expect(interruptedDraft('call-1')).toBe('typed');
    expect(interruptedDraft('call-2')).toBeNull();
    const next = holdDraft('call-1', 'typed more');
    interruptDraft();
    next();
    await turned();
    expect(interruptedDraft('call-1')).toBe('typed more');
  });

  it('keeps nothing of a dialog that was closed, sent or left in any other way', async () => {
    holdDraft('call-1', 'left')();
    await turned();
    interruptDraft();
    expect(interruptedDraft('call-1')).toBeNull();
    const release = holdDraft('call-1', 'closed');
    dropDraft();
    release();
    interruptDraft();
    expect(interruptedDraft('call-1')).toBeNull();
  });

  it('holds on to the newest text when the one before is released', async () => {
    const before = holdDraft('call-1', 'a');
    before();
    holdDraft('call-1', 'ab');
    await turned();
    interruptDraft();
    expect(interruptedDraft('call-1')).toBe('ab');
  });
});
