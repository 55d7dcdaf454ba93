import { describe, expect, it } from 'vitest';
import { fittedSaid } from '../../../src/delivery/fitted-said.ts';
import type { ChatMessage } from '../../../src/interchange/conversation/chat.ts';
import type { Said } from '../../../src/interchange/said.ts';

const user = (content: ChatMessage['content']): ChatMessage => ({ role: 'user', content });

function aSaid(over: Partial<Said> = {}): Said {
  return {
    input: [{ role: 'system', content: 'Be brief.' }, user('Hello')],
    answer: { role: 'assistant', content: 'Hi' },
    tools: [],
    settings: { temperature: 0 },
    texts: [],
    ...over,
  };
}

const tool = (name: string, description: string): Said['tools'][number] => ({
  type: 'function',
  function: { name, description },
});

describe('delivery/fitted-said', () => {
  it('leaves alone what fits', () => {
    expect(fittedSaid(aSaid(), 1000)).toEqual({ said: aSaid(), omitted: 0, cut: 0 });
  });

  it('keeps the answer, the instructions and the newest messages, and counts the others', () => {
    const input = [aSaid().input[0]!, ...Array.from({ length: 50 }, (_, index) => user(`${index} ${'x'.repeat(90)}`))];
    const { said, omitted } = fittedSaid(aSaid({ input }), 1000);
    const texts = said.input.map(({ content }) => (typeof content === 'string' ? content.split(' ')[0] : null));
    expect(said.answer).toEqual(aSaid().answer);
    expect(texts[0]).toBe('Be');
    expect(texts.slice(1)).toEqual(['43', '44', '45', '46', '47', '48', '49']);
    expect(omitted).toBe(43);
    expect(Buffer.byteLength(JSON.stringify(said))).toBeLessThan(1100);
  });

  it('gives tools a third of the room at most', () => {
    const tools = Array.from({ length: 20 }, (_, index) => tool(`tool_${index}`, 'y'.repeat(50)));
    const { said, omitted } = fittedSaid(aSaid({ tools }), 1000);
    expect(said.tools.map(({ function: { name } }) => name)).toEqual(['tool_0', 'tool_1']);
    expect(omitted).toBe(18);
    expect(said.input).toEqual(aSaid().input);
  });

  it('cuts long texts only where all are too long together, never within a character', () => {
    const long = `${'z'.repeat(65_535)}\u{1f600} and more`;
    expect(fittedSaid(aSaid({ input: [user(long)] }), 1_000_000).said.input[0]?.content).toBe(long);
    const { said, cut } = fittedSaid(aSaid({ input: [user(long), user(long)] }), 120_000);
    expect(said.input.map(({ content }) => content)).toEqual([`${'z'.repeat(65_535)}\ufffd... [10 more characters]`]);
    expect(cut).toBe(2);
  });

  it('names long media instead of sending them', () => {
    const url = `data:image/png;base64,${'A'.repeat(40_000)}`;
    const short = { type: 'image_url' as const, image_url: { url: 'https://a.example/b.png' } };
    const { said, cut } = fittedSaid(aSaid({ input: [user([{ type: 'image_url', image_url: { url } }, short])] }), 1e6);
    expect(said.input[0]?.content).toEqual([
      { type: 'text', text: '[image: 40022 characters of base64, left out]' },
      short,
    ]);
    expect(cut).toBe(1);
  });

  it('makes halves of characters and NUL visible, wherever they stand', () => {
    const tools = [tool('f', 'a\0b')];
    const { said } = fittedSaid(aSaid({ tools, settings: { 'x\ud800': ['\udc00'] } }), 1000);
    expect(JSON.stringify(said)).not.toMatch(/\\u0000|\\ud[89a-f]/);
    expect(said.tools[0]?.function.description).toBe('a\ufffdb');
    expect(said.settings).toEqual({ 'x\ufffd': ['\ufffd'] });
  });

  it('keeps what fits where not even the answer does', () => {
    const answer: ChatMessage = { role: 'assistant', content: 'w'.repeat(500) };
    const { said, omitted } = fittedSaid(aSaid({ answer }), 300);
    expect(said.answer).toBeNull();
    expect(said.input).toEqual(aSaid().input);
    expect(omitted).toBe(1);
  });
});
