import { describe, expect, it } from 'vitest';
import { Rereads } from '../../../src/recorder/rereads.ts';

describe('recorder/rereads', () => {
  it('counts an answer once, however often it is read again', () => {
    const rereads = new Rereads(10, () => false);
    expect(rereads.countsFirst('openai', 'resp_1', false)).toBe(true);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
  });

  it('counts the first read of an answer that was made in the background', () => {
    const rereads = new Rereads(10, () => false);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(true);
    expect(rereads.countsFirst('openai', 'resp_1', true)).toBe(false);
    expect(rereads.countsFirst('azure-openai', 'resp_1', true)).toBe(true);
  });

  it('counts two calls that bear the same id', () => {
    const rereads = new Rereads(10, () => true);
    expect(rereads.countsFirst('ollama', 'chatcmpl-1', false)).toBe(true);
    expect(rereads.countsFirst('ollama', 'chatcmpl-1', false)).toBe(true);
  });

  it('asks the store about answers that memory does not know', () => {
    const rereads = new Rereads(1, (_, id) => id === 'old');
    expect(rereads.countsFirst('openai', 'old', true)).toBe(false);
    rereads.countsFirst('openai', 'a', false);
    rereads.countsFirst('openai', 'b', false);
    expect(rereads.countsFirst('openai', 'b', true)).toBe(false);
    expect(rereads.countsFirst('openai', 'a', true)).toBe(true); // forgotten by memory, unknown to the store
  });
});
