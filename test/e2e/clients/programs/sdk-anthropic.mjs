import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ apiKey: 'sk-ant-test', maxRetries: 0 });
const say = (message) =>
  process.stdout.write(
    `${JSON.stringify({ id: message.id, text: message.content.map((block) => block.text ?? '').join('') })}\n`,
  );
const request = {
  model: 'claude-sonnet-5',
  max_tokens: 1024,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: 'Why does the test fail?' }],
};
say(await client.messages.create(request));
say(await client.messages.stream({ ...request, temperature: 0.5 }).finalMessage());
