// One official SDK with its base-URL variable set, and nothing else: a chat, a stream, a call of a tool, an embedding.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const library = process.env.CLIENT_LIBRARY;
/** For SDKs that read no variable. */
const base = process.env.CLIENT_BASE;
const model = 'a-model';
const messages = [{ role: 'user', content: 'Hello' }];
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = { name: 'weather', description: 'The weather of a city', parameters };
const tools = [{ type: 'function', function: weather }];

async function load(name) {
  const folder = process.env.CLIENT_MODULES;
  if (folder === undefined) return import(name);
  return import(pathToFileURL(createRequire(join(folder, 'any.js')).resolve(name)).href);
}

async function joined(stream, textOf) {
  let text = '';
  for await (const chunk of stream) text += textOf(chunk) ?? '';
  return text;
}

const openaiLike = (client) => ({
  chat: async () => (await client.chat.completions.create({ model, messages })).choices[0].message.content,
  stream: async () =>
    joined(
      await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } }),
      (chunk) => chunk.choices[0]?.delta.content,
    ),
  tool: async () => {
    const { choices } = await client.chat.completions.create({ model, messages, tools });
    const [call] = choices[0].message.tool_calls;
    return [call.function.name, JSON.parse(call.function.arguments).city];
  },
});

const SDKS = {
  async openai() {
    const { default: OpenAI } = await load('openai');
    const client = new OpenAI();
    const response = async () => (await client.responses.create({ model, input: 'Hello' })).output_text;
    const embed = async () => (await client.embeddings.create({ model, input: 'Hello' })).data[0].embedding.length;
    return { ...openaiLike(client), response, embed };
  },
  async anthropic() {
    const { default: Anthropic } = await load('@anthropic-ai/sdk');
    const client = new Anthropic();
    const request = { model, max_tokens: 100, messages };
    return {
      chat: async () => (await client.messages.create(request)).content[0].text,
      stream: async () => (await client.messages.stream(request).finalMessage()).content[0].text,
      tool: async () => {
        const tool = { name: 'weather', input_schema: parameters };
        const { content } = await client.messages.create({ ...request, tools: [tool] });
        return [content[0].name, content[0].input.city];
      },
    };
  },
  async google() {
    const { GoogleGenAI } = await load('@google/genai');
    const client = new GoogleGenAI({});
    const request = { model, contents: 'Hello' };
    return {
      chat: async () => (await client.models.generateContent(request)).text,
      stream: async () => joined(await client.models.generateContentStream(request), (chunk) => chunk.text),
      tool: async () => {
        const config = { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: parameters }] }] };
        const [call] = (await client.models.generateContent({ ...request, config })).functionCalls;
        return [call.name, call.args.city];
      },
      embed: async () => (await client.models.embedContent(request)).embeddings[0].values.length,
    };
  },
  async groq() {
    const { default: Groq } = await load('groq-sdk');
    return openaiLike(new Groq());
  },
  async cohere() {
    const { CohereClientV2 } = await load('cohere-ai');
    const client = new CohereClientV2({ token: process.env.CO_API_KEY, baseUrl: base });
    return {
      chat: async () => (await client.chat({ model, messages })).message.content[0].text,
      stream: async () =>
        joined(await client.chatStream({ model, messages }), (event) =>
          event.type === 'content-delta' ? event.delta.message.content.text : '',
        ),
      tool: async () => {
        const [call] = (await client.chat({ model, messages, tools })).message.toolCalls;
        return [call.function.name, JSON.parse(call.function.arguments).city];
      },
      embed: async () => {
        const request = { model, texts: ['Hello'], inputType: 'search_document', embeddingTypes: ['float'] };
        return (await client.embed(request)).embeddings.float[0].length;
      },
    };
  },
  async mistral() {
    const { Mistral } = await load('@mistralai/mistralai');
    const client = new Mistral({ apiKey: process.env.MISTRAL_API_KEY, serverURL: base });
    return {
      chat: async () => (await client.chat.complete({ model, messages })).choices[0].message.content,
      stream: async () =>
        joined(await client.chat.stream({ model, messages }), ({ data }) => data.choices[0]?.delta.content),
      tool: async () => {
        const [call] = (await client.chat.complete({ model, messages, tools })).choices[0].message.toolCalls;
        return [call.function.name, JSON.parse(call.function.arguments).city];
      },
      embed: async () => (await client.embeddings.create({ model, inputs: ['Hello'] })).data[0].embedding.length,
    };
  },
  async ollama() {
    const { Ollama } = await load('ollama');
    const client = new Ollama({ host: base });
    return {
      chat: async () => (await client.chat({ model, messages })).message.content,
      stream: async () => joined(await client.chat({ model, messages, stream: true }), (part) => part.message.content),
      tool: async () => {
        const [call] = (await client.chat({ model, messages, tools })).message.tool_calls;
        return [call.function.name, call.function.arguments.city];
      },
      embed: async () => (await client.embed({ model, input: 'Hello' })).embeddings[0].length,
    };
  },
};

const seen = {};
for (const [name, ask] of Object.entries(await SDKS[library]())) seen[name] = await ask();
process.stdout.write(`${JSON.stringify(seen)}\n`);
