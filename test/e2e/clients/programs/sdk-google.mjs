import { GoogleGenAI } from '@google/genai';

const client = new GoogleGenAI({ apiKey: 'AIzaTest' });
const say = (id, text) => process.stdout.write(`${JSON.stringify({ id, text })}\n`);
const request = { model: 'gemini-2.5-flash', contents: 'Three ideas, please.' };

const answer = await client.models.generateContent(request);
say(answer.responseId, answer.text);

let id = '';
let text = '';
for await (const chunk of await client.models.generateContentStream({ ...request, contents: 'Again.' })) {
  id = chunk.responseId;
  text += chunk.text ?? '';
}
say(id, text);
