import { describe, expect, it } from 'vitest';
import { readConversation, settingsOf } from '../../../src/interchange/conversation/request.ts';
import { answerView, ViewBuilder, type ViewPart } from '../../../src/interchange/conversation/view.ts';

function viewOf(body: unknown): ViewBuilder {
  const view = new ViewBuilder();
  readConversation(body, view);
  return view;
}

/** Role, place and parts in short. */
function short(view: ViewBuilder): unknown[] {
  return view.messages.map(({ role, place, parts }) => [role, place, ...parts.map(brief)]);
}

function brief(part: ViewPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'thinking':
      return `(${part.redacted ? 'redacted' : part.text})`;
    case 'tool_call':
      return `${part.name}#${part.id}${part.arguments}`;
    case 'tool_result':
      return `${part.name ?? ''}#${part.id}${part.is_error === null ? '?' : part.is_error ? '!' : '='}${part.parts.map(brief).join()}`;
    default:
      return `<${part.type} ${part.media ?? part.ref}>`;
  }
}

const CALL = '{"city":"Oslo"}';

/** The same talk in every dialect, thoughts and errors where it has a place for them. */
const TALKS: Record<string, [unknown, unknown[]]> = {
  anthropic: [
    {
      system: 'Be brief.',
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'x' },
            { type: 'redacted_thinking', data: 'AAAA' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'No net' },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    },
    [
      ['system', null, 'Be brief.'],
      ['user', 0, 'Weather?'],
      ['assistant', 1, '(Hm)', '(redacted)', 'I look.', `weather#a${CALL}`],
      ['user', 2, 'weather#a!No net', 'And now?'],
    ],
  ],
  chat: [
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          reasoning_content: 'Hm',
          content: 'I look.',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: CALL } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'Rain' },
      ],
    },
    [
      ['system', 0, 'Be brief.'],
      ['user', 1, 'Weather?'],
      ['assistant', 2, '(Hm)', 'I look.', `weather#a${CALL}`],
      ['tool', 3, 'weather#a?Rain'],
    ],
  ],
  responses: [
    {
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'AA' },
        { type: 'reasoning', id: 'rs2', summary: [], encrypted_content: 'AA' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
        { type: 'function_call', call_id: 'a', name: 'weather', arguments: CALL },
        { type: 'function_call_output', call_id: 'a', output: 'Rain' },
      ],
    },
    [
      ['system', null, 'Be brief.'],
      ['user', 0, 'Weather?'],
      ['assistant', 1, '(Hm)', '(redacted)', 'I look.', `weather#a${CALL}`],
      ['tool', 5, 'weather#a?Rain'],
    ],
  ],
  gemini: [
    {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        {
          role: 'model',
          parts: [
            { text: 'Hm', thought: true },
            { text: 'I look.' },
            { functionCall: { name: 'weather', args: { city: 'Oslo' } } },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { error: 'No net' } } }] },
      ],
    },
    [
      ['system', null, 'Be brief.'],
      ['user', 0, 'Weather?'],
      ['assistant', 1, '(Hm)', 'I look.', `weather#call_1${CALL}`],
      ['user', 2, 'weather#call_1!{"error":"No net"}'],
    ],
  ],
  converse: [
    {
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Weather?' }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 'x' } } },
            { reasoningContent: { redactedContent: 'AAAA' } },
            { text: 'I look.' },
            { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Oslo' } } },
          ],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 'a', status: 'error', content: [{ text: 'No net' }] } }] },
      ],
    },
    [
      ['system', null, 'Be brief.'],
      ['user', 0, 'Weather?'],
      ['assistant', 1, '(Hm)', '(redacted)', 'I look.', `weather#a${CALL}`],
      ['user', 2, 'weather#a!No net'],
    ],
  ],
};

const PNG = Buffer.from('\u0089PNG\r\n\u001a\nrest', 'latin1').toString('base64');

describe('interchange/conversation/view', () => {
  it.each(Object.entries(TALKS))(
    'shows what %s says: thoughts, calls with their results, errors',
    (_, [body, said]) => {
      expect(short(viewOf(body))).toEqual(said);
    },
  );

  it('keeps two answers in a row apart', () => {
    const body = {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'One' },
        { role: 'assistant', content: 'Two' },
      ],
    };
    expect(short(viewOf(body)).slice(1)).toEqual([
      ['assistant', 1, 'One'],
      ['assistant', 2, 'Two'],
    ]);
  });

  it.each<[string, object, object]>([
    [
      'Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
      { type: 'image', media: 0, mime: 'image/png', bytes: 12, ref: null },
    ],
    [
      'OpenAI',
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
      { type: 'image', media: 0, mime: 'image/png', bytes: 12 },
    ],
    [
      'an address',
      { type: 'image_url', image_url: { url: 'https://example.com/x.png' } },
      { type: 'image', media: null, mime: null, bytes: null, ref: 'https://example.com/x.png' },
    ],
    [
      'a sound',
      { type: 'input_audio', input_audio: { data: PNG, format: 'wav' } },
      { type: 'audio', media: 0, mime: 'audio/wav', bytes: 12 },
    ],
    [
      'a file by its id',
      { type: 'file', file: { file_id: 'file-1', filename: 'a.pdf' } },
      { type: 'file', media: null, ref: 'file-1', name: 'a.pdf' },
    ],
    [
      'a document',
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: PNG } },
      { type: 'file', media: 0, mime: 'application/pdf', bytes: 12, name: 'a.pdf' },
    ],
  ])('names the media of %s, and never holds their bytes', (_, part, expected) => {
    const view = viewOf({ messages: [{ role: 'user', content: [part] }] });
    expect(view.messages[0]?.parts[0]).toMatchObject(expected);
    expect(JSON.stringify(view.messages)).not.toContain(PNG);
  });

  it('numbers media in the order in which they stand, also in results of tools', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
    const view = viewOf({
      messages: [
        { role: 'user', content: [image] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [image, image] }, image] },
      ],
    });
    expect(short(view).flat()).toEqual(['user', 0, '<image 0>', 'user', 1, '#a=<image 1>,<image 2>', '<image 3>']);
    expect(view.media).toHaveLength(4);
  });

  it('lists tools of both kinds', () => {
    const tools = [
      { name: 'weather', description: 'Of a city', input_schema: { type: 'object' } },
      { type: 'web_search_20250305', name: 'web_search' },
      { google_search: {} },
    ];
    expect(viewOf({ messages: [], tools }).tools).toMatchObject([
      { name: 'weather', hosted: false, description: 'Of a city', parameters: { type: 'object' } },
      { name: 'web_search', hosted: true },
      { name: 'google_search', hosted: true },
    ]);
  });

  it('shows parts that nobody knows as they are, without long texts', () => {
    const strange = { type: 'hologram', data: 'x'.repeat(5000), of: { name: 'cat' } };
    const view = viewOf({ messages: [{ role: 'user', content: [{ type: 'text', text: '' }, strange, {}] }] });
    expect(view.messages[0]?.parts).toMatchObject([{ type: 'text', unknown: true }]);
    const [part] = view.messages[0]?.parts ?? [];
    expect(part).toMatchObject({ text: `{"type":"hologram","data":"${'x'.repeat(200)}...","of":{"name":"cat"}}` });
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: { rows: 1 } }] };
    expect(short(viewOf({ messages: [result] }))).toEqual([['user', 0, '#a={"rows":1}']]);
  });

  it('reads what is to be counted as what is to be answered', () => {
    const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
    const messages = [{ role: 'user', content: [{ text: 'Hi' }] }];
    for (const body of [{ generateContentRequest: { contents } }, { input: { converse: { messages } } }])
      expect(short(viewOf(body))).toEqual([['user', 0, 'Hi']]);
  });

  it('tells the settings of a request, as far as they are short', () => {
    const body = { model: 'm', temperature: 0, messages: [], tools: [], metadata: { long: 'x'.repeat(3000) } };
    expect(settingsOf(body)).toEqual({ model: 'm', temperature: 0 });
    expect(settingsOf('text')).toEqual({});
  });

  it.each([null, 'text', [], {}, { messages: 'x' }, { messages: [null, 1, { role: 'user' }] }, { input: [[]] }])(
    'finds nothing to show in %j, and does not mind',
    (body) => {
      expect(viewOf(body).messages).toEqual([]);
    },
  );

  it('shows an answer with what was thought before it', () => {
    const answer = answerView({
      text: 'I look.',
      thinking: 'Hm',
      toolCalls: [{ id: null, name: 'weather', input: CALL }],
    });
    expect([answer.role, ...answer.parts.map(brief)]).toEqual([
      'assistant',
      '(Hm)',
      'I look.',
      `weather#call_answer_1${CALL}`,
    ]);
    expect(answer.chars).toBe(2 + 7 + 7 + CALL.length);
  });
});
