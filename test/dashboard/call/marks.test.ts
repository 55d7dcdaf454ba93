import { describe, expect, it } from 'vitest';
import { piecesOf, visibleText } from '../../../dashboard/src/call/text/marks.ts';

const marks = (text: string): string[] =>
  piecesOf(text).flatMap((piece) => (piece.kind === 'mark' ? [piece.label] : []));

describe('dashboard/call/text/marks', () => {
  it('leaves alone what everybody writes', () => {
    const texts = [
      '',
      'plain\ttext\r\nin lines\n',
      'مرحبا، می‌خواهم',
      '你好，世界',
      'שלום',
      '👩‍💻 👍🏽 ❤️ 🏳️‍🌈',
      '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
      'क्‍ष',
      'é ﬁ ™',
    ];
    for (const text of texts) expect(marks(text), JSON.stringify(text)).toEqual([]);
  });

  it('shows terminal escapes whole, and control characters by their signs', () => {
    expect(marks('a\u001b[31;1mred\u001b[0m')).toEqual(['ESC[31;1m', 'ESC[0m']);
    expect(marks('\u001b]8;;https://x.example\u0007link')).toHaveLength(1);
    expect(marks('\u0000\u0007\u007f\u0085')).toEqual(['\u2400', '\u2407', '\u2421', 'U+0085']);
    expect(marks('over\rwritten')).toEqual(['\u240d']);
  });

  it('names what turns text around and what nobody can see', () => {
    expect(marks('abc\u202Egpj.exe\u202C')).toEqual(['U+202E', 'U+202C']);
    expect(marks('pay\u200Bpal\u00AD\uFEFF\u2066x\u2069')).toEqual(['U+200B', 'U+00AD', 'U+FEFF', 'U+2066', 'U+2069']);
    expect(marks('a\u200Db')).toEqual(['U+200D']);
  });

  it('spells out hidden letters', () => {
    const hidden = Array.from('ignore all', (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
    expect(marks(`Hello${hidden}!`)).toEqual(['hidden: ignore all']);
    expect(visibleText(`Hello${hidden}!`)).toBe('Hello[hidden: ignore all]!');
    expect(marks('x\u{E0101}\u{E0102}\u{E0103}')).toEqual(['3 × variation selector']);
  });

  it('loses nothing of the text', () => {
    const text = 'a\u001b[1mb\u0000c\u202Ed\u{E0041}e\u200Bf👩‍💻';
    const whole = piecesOf(text).map((piece) => (piece.kind === 'text' ? piece.text : piece.raw));
    expect(whole.join('')).toBe(text);
  });
});
