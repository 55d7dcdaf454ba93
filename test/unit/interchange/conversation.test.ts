import { describe, expect, it } from 'vitest';
import { withAnswer } from '../../../src/interchange/conversation/answer.ts';
import { conversationOf } from '../../../src/interchange/conversation/request.ts';

const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS = [{ type: 'function', function: { name: 'weather', description: 'Of a city', parameters: WEATHER } }];

const geminiResult = (text: string): object => ({ functionResponse: { name: 'f', response: { text } } });

/** As Vertex AI streams a call. */
const piece = (...fields: object[]): object => ({ functionCall: Object.assign({ willContinue: true }, ...fields) });
const partial = (jsonPath: string, value: object): object => ({ partialArgs: [{ jsonPath, ...value }] });
const model = (...parts: object[]): object => ({ role: 'model', parts });

/** What every dialect below says. */
const SAID = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Weather in Oslo?' },
  {
    role: 'assistant',
    content: 'I look.',
    tool_calls: [{ id: 'id_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
  },
  { role: 'tool', tool_call_id: 'id_1', content: 'Rain' },
  { role: 'user', content: 'And now?' },
];

describe('interchange/conversation', () => {
  it('leaves what is chat already as it is', () => {
    expect(conversationOf({ model: 'm', messages: SAID, tools: TOOLS })).toEqual({ messages: SAID, tools: TOOLS });
  });

  it('reads Anthropic: system apart, results of tools inside what the user says, thinking left out', () => {
    const body = {
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'Weather in Oslo?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hmm', signature: 'x' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'id_1', name: 'weather', input: { city: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'id_1', content: [{ type: 'text', text: 'Rain' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      tools: [
        { name: 'weather', description: 'Of a city', input_schema: WEATHER },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
    };
    expect(conversationOf(body)).toEqual({ messages: SAID, tools: TOOLS });
  });

  it('reads Gemini, whose calls have no ids, and gives them some that match', () => {
    const body = {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Weather in Oslo?' }] },
        {
          role: 'model',
          parts: [
            { text: 'secret thought', thought: true },
            { text: 'I look.' },
            { functionCall: { name: 'weather', args: { city: 'Oslo' } } },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: 'Rain' } } }] },
        { role: 'user', parts: [{ text: 'And now?' }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'weather', description: 'Of a city', parameters: WEATHER }] }],
    };
    const said = JSON.parse(
      JSON.stringify(SAID).replaceAll('id_1', 'call_1').replace('"Rain"', '"{\\"sky\\":\\"Rain\\"}"'),
    );
    expect(conversationOf(body)).toEqual({ messages: said, tools: TOOLS });
    // Code Assist puts all of it one level deeper.
    expect(conversationOf({ model: 'm', project: 'p', request: body })).toEqual({ messages: said, tools: TOOLS });
  });

  it('reads the Responses API: items one by one, reasoning left out', () => {
    const body = {
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Weather in Oslo?' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hmm' }], encrypted_content: 'x' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
        { type: 'function_call', call_id: 'id_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'id_1', output: 'Rain' },
        { role: 'user', content: 'And now?' },
      ],
      tools: [
        { type: 'function', name: 'weather', description: 'Of a city', parameters: WEATHER },
        { type: 'web_search' },
      ],
    };
    expect(conversationOf(body)).toEqual({ messages: SAID, tools: TOOLS });
    expect(
      conversationOf({
        model: 'm',
        input: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: 'https://x/i.png' },
        ],
      })?.messages,
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://x/i.png' } },
        ],
      },
    ]);
    expect(conversationOf({ model: 'm', input: 'Hi' })?.messages).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it("reads Gemini's Interactions", () => {
    const body = {
      system_instruction: 'Be brief.',
      input: [
        { type: 'user_input', content: [{ type: 'text', text: 'Weather in Oslo?' }] },
        { type: 'thought', signature: 'x', summary: [{ type: 'text', text: 'hmm' }] },
        { type: 'model_output', content: [{ type: 'text', text: 'I look.' }] },
        { type: 'function_call', id: 'id_1', name: 'weather', arguments: { city: 'Oslo' } },
        { type: 'function_result', call_id: 'id_1', name: 'weather', result: 'Rain' },
        { type: 'text', text: 'And now?' },
      ],
      tools: [{ type: 'function', name: 'weather', description: 'Of a city', parameters: WEATHER }],
    };
    expect(conversationOf(body)).toEqual({ messages: SAID, tools: TOOLS });
  });

  it('reads Bedrock Converse', () => {
    const body = {
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Weather in Oslo?' }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hmm' } } },
            { text: 'I look.' },
            { toolUse: { toolUseId: 'id_1', name: 'weather', input: { city: 'Oslo' } } },
          ],
        },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'id_1', content: [{ text: 'Rain' }] } }, { text: 'And now?' }],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'weather', description: 'Of a city', inputSchema: { json: WEATHER } } }],
      },
    };
    expect(conversationOf(body)).toEqual({ messages: SAID, tools: TOOLS });
  });

  it('reads Cohere before v2: preamble, history, parameters in the words of Python', () => {
    const body = {
      preamble: 'Be brief.',
      chat_history: [
        { role: 'USER', message: 'Weather in Oslo?' },
        { role: 'CHATBOT', message: 'I look.', tool_calls: [{ name: 'weather', parameters: { city: 'Oslo' } }] },
        { role: 'TOOL', tool_results: [{ call: { name: 'weather' }, outputs: [{ sky: 'Rain' }] }] },
      ],
      message: 'And now?',
      tools: [
        { name: 'weather', description: 'Of a city', parameter_definitions: { city: { type: 'str', required: true } } },
      ],
    };
    const said = JSON.parse(
      JSON.stringify(SAID).replaceAll('id_1', 'call_1').replace('"Rain"', '"[{\\"sky\\":\\"Rain\\"}]"'),
    );
    expect(conversationOf(body)).toEqual({ messages: said, tools: TOOLS });
  });

  it('reads Ollama: arguments that are objects, calls without ids', () => {
    const body = {
      messages: [
        ...SAID.slice(0, 2),
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [{ function: { name: 'weather', arguments: { city: 'Oslo' } } }],
        },
        { role: 'tool', tool_name: 'weather', content: 'Rain' },
        { role: 'user', content: 'And now?', images: ['aGk='] },
      ],
      tools: TOOLS,
    };
    const said = JSON.parse(JSON.stringify(SAID).replaceAll('id_1', 'call_1'));
    said[4].content = [
      { type: 'text', text: 'And now?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
    ];
    expect(conversationOf(body)).toEqual({ messages: said, tools: TOOLS });
  });

  it('puts calls of Gemini together that a client repeats as they were streamed, over parts and turns', () => {
    const body = {
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        model({ text: 'I look.' }, piece({ name: 'weather' })),
        model(piece(partial('$.city', { stringValue: 'Os' })), piece(partial('$.city', { stringValue: 'lo' }))),
        model(piece(partial('$.days', { numberValue: 2 })), { functionCall: {} }, piece({ name: 'now' })),
        { role: 'user', parts: [geminiResult('Rain')] },
        model({ function_call: { partial_args: [{ json_path: '$.late', bool_value: true }] } }, { text: 'Rain.' }),
      ],
    };
    const messages = conversationOf(body)?.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(messages.map(({ tool_calls: calls = [] }) => calls.map(({ function: called }) => called))).toEqual([
      [],
      [
        { name: 'weather', arguments: '{"city":"Oslo","days":2}' },
        { name: 'now', arguments: '{}' },
      ],
      [],
      [{ name: '', arguments: '{"late":true}' }],
    ]);
  });

  it('matches two calls of one name in the order in which they were made', () => {
    const call = { functionCall: { name: 'f', args: {} } };
    const body = {
      contents: [
        { role: 'model', parts: [call, call] },
        { role: 'user', parts: [geminiResult('a'), geminiResult('b')] },
      ],
    };
    expect(conversationOf(body)?.messages.flatMap(({ tool_call_id: id }) => id ?? [])).toEqual(['call_1', 'call_2']);
  });

  it.each([
    ['OpenAI', { type: 'image_url', image_url: { url: 'https://x/i.png' } }, { url: 'https://x/i.png' }],
    ['Responses', { type: 'input_image', image_url: 'https://x/i.png' }, { url: 'https://x/i.png' }],
    [
      'Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AA==' } },
      { url: 'data:image/webp;base64,AA==' },
    ],
    ['Gemini', { inlineData: { mimeType: 'image/jpeg', data: 'AA==' } }, { url: 'data:image/jpeg;base64,AA==' }],
    ['Converse', { image: { format: 'gif', source: { bytes: 'AA==' } } }, { url: 'data:image/gif;base64,AA==' }],
  ])('takes an image of %s', (_dialect, part, image) => {
    const [message] = conversationOf({ messages: [{ role: 'user', content: [part] }] })?.messages ?? [];
    expect(message?.content).toEqual([{ type: 'image_url', image_url: image }]);
  });

  it.each([
    [
      'audio',
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
    ],
    [
      'audio of Gemini',
      { inlineData: { mimeType: 'audio/wav', data: 'AA==' } },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
    ],
    [
      'a document',
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
    ],
    ['a file by its id', { type: 'input_file', file_id: 'file_1' }, { type: 'file', file: { file_id: 'file_1' } }],
  ])('takes %s', (_kind, part, expected) => {
    expect(conversationOf({ messages: [{ role: 'user', content: [part] }] })?.messages[0]?.content).toEqual([expected]);
  });

  it('reads completions', () => {
    expect(conversationOf({ prompt: 'Once', system: 'Be brief.' })?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Once' },
    ]);
    expect(conversationOf({ prompt: ['one', 'two'] })?.messages).toEqual([{ role: 'user', content: 'one' }]);
  });

  it.each([
    null,
    [],
    'text',
    {},
    { messages: 'x' },
    { messages: [null, 3] },
    { contents: [{}] },
    { input: [1, 2] },
    { messages: [{ role: 'system', content: 'alone' }] },
  ])('finds no conversation in %j', (body) => expect(conversationOf(body)).toBeNull());

  it('ends with the answer; one that only calls tools has no text', () => {
    const asked = { messages: [{ role: 'user' as const, content: 'Hi' }], tools: [] };
    expect(withAnswer(asked, { text: 'Hello', thinking: 'hmm', toolCalls: [] }).messages[1]).toEqual({
      role: 'assistant',
      content: 'Hello',
    });
    expect(
      withAnswer(asked, { text: '', thinking: '', toolCalls: [{ id: null, name: 'f', input: '' }] }).messages[1],
    ).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_answer_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    });
  });
});
