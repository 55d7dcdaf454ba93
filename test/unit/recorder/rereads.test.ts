import { describe, expect, it } from 'vitest';
import { Rereads, type StoredAnswers } from '../../../src/recorder/rereads.ts';

const NOTHING_STORED: StoredAnswers = { isCounted: () => false, submitted: () => null };

describe('recorder/rereads', () => {
  it('counts an answer once, however often it is read again', () => {
    const rereads = new Rereads(10, NOTHING_STORED);
    expect(rereads.countsFirst('openai', 'resp_1', false)).toBe(true);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
  });

  it('counts the first read of an answer that was made in the background', () => {
    const rereads = new Rereads(10, NOTHING_STORED);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(true);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
    expect(rereads.countsFirst('azure-openai', 'resp_1', true)).toBe(true);
  });

  it('counts two calls that bear the same id', () => {
    const rereads = new Rereads(10, { ...NOTHING_STORED, isCounted: () => true });
    expect(rereads.countsFirst('ollama', 'chatcmpl-1', false)).toBe(true);
    expect(rereads.countsFirst('ollama', 'chatcmpl-1', false)).toBe(true);
  });

  it('asks the store about answers that memory does not know', () => {
    const rereads = new Rereads(1, { ...NOTHING_STORED, isCounted: (_, id) => id === 'old' });
    expect(rereads.countsFirst('openai', 'old', true)).toBe(false);
    rereads.countsFirst('openai', 'a', false);
    rereads.countsFirst('openai', 'b', false);
    expect(rereads.countsFirst('openai', 'b', true)).toBe(false);
    expect(rereads.countsFirst('openai', 'a', true)).toBe(true); // forgotten by memory, unknown to the store
  });

  it('knows the call that a first reading settles, once', () => {
    const rereads = new Rereads(10, NOTHING_STORED);
    rereads.submit('replicate', 'job_1', { model: 'flux' });
    expect(rereads.settle('openai', 'job_1')).toBeNull();
    expect(rereads.settle('replicate', 'job_1')).toEqual({ model: 'flux' });
    expect(rereads.settle('replicate', 'job_1')).toBeNull();
  });

  it('asks the store for a job that was submitted before a restart', () => {
    const rereads = new Rereads(10, { ...NOTHING_STORED, submitted: () => ({ model: 'flux' }) });
    expect(rereads.settle('replicate', 'job_1')).toEqual({ model: 'flux' });
  });
});
