// Made-up text, code, tools and pictures; the same seed gives the same.

export const WORDS = 6000;

/** mulberry32: a small generator that is good enough for made-up text. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = 'ba co de fi ga ho in ju ka lo me no pa re si ta un ve wi xo ya ze tion ment able er ing'.split(' ');
export const vocabulary = (() => {
  const random = randomOf(7);
  return Array.from({ length: WORDS }, () =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join(
      '',
    ),
  );
})();

/** Words with the frequencies of a language: the n-th is used as often as 1/n. */
export function textOf(random, words) {
  const list = [];
  for (let count = 0; count < words; count += 1) {
    const word = vocabulary[Math.floor(WORDS ** random())];
    list.push(count % 11 === 10 ? `${word}.` : word);
  }
  return list.join(' ');
}

/** Lines as in a source file. */
export function codeOf(random, lines) {
  const word = () => vocabulary[Math.floor(WORDS ** random())];
  return Array.from({ length: lines }, (_, index) => {
    const indent = '  '.repeat(Math.floor(random() * 4));
    const form = Math.floor(random() * 5);
    const number = `${String(index + 1).padStart(5)}→`;
    if (form === 0)
      return `${number}${indent}const ${word()}${word()} = await ${word()}.${word()}("${word()}", ${index});`;
    if (form === 1) return `${number}${indent}if (${word()}.${word()} === null) return { ${word()}: ${word()} };`;
    if (form === 2) return `${number}${indent}// ${textOf(random, 8)}`;
    if (form === 3) return `${number}${indent}export function ${word()}(${word()}: string): ${word()} {`;
    return `${number}${indent}}`;
  }).join('\n');
}

export function pictureOf(random, bytes) {
  const picture = Buffer.alloc(bytes);
  picture.write('\u0089PNG\r\n\u001a\n', 'latin1');
  for (let at = 8; at < bytes; at += 1) picture[at] = Math.floor(random() * 256);
  return picture.toString('base64');
}

export const hexOf = (random, length) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');

export function toolsOf(random) {
  return Array.from({ length: 18 }, (_, index) => ({
    name: ['Read', 'Write', 'Edit', 'Bash', 'Grep', 'Glob', 'Task', 'WebFetch'][index] ?? `mcp__server__tool${index}`,
    description: textOf(random, 60 + Math.floor(random() * 300)),
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 2 + (index % 4) }, (__, place) => [
          vocabulary[index * 10 + place],
          { type: 'string', description: textOf(random, 14) },
        ]),
      ),
      required: [vocabulary[index * 10]],
      additionalProperties: false,
    },
  }));
}
