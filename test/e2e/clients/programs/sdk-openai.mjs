import OpenAI from 'openai';

const client = new OpenAI({ apiKey: 'sk-proj-test', maxRetries: 0 });
const say = (id, text) => process.stdout.write(`${JSON.stringify({ id, text })}\n`);
const messages = [{ role: 'user', content: 'What is the capital of France?' }];

const chat = await client.chat.completions.create({ model: 'gpt-4o-mini', messages });
say(chat.id, chat.choices[0].message.content);

let id = '';
let text = '';
const stream = await client.chat.completions.create({
  model: 'gpt-4o-mini',
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  id = chunk.id;
  text += chunk.choices[0]?.delta.content ?? '';
}
say(id, text);

const response = await client.responses.create({ model: 'gpt-5-mini', input: 'Capital of France?' });
say(response.id, response.output_text);

text = '';
for await (const event of await client.responses.create({ model: 'gpt-5-mini', input: 'Again?', stream: true })) {
  if (event.type === 'response.output_text.delta') text += event.delta;
  if (event.type === 'response.completed') id = event.response.id;
}
say(id, text);
