import { REQUEST_MEMBERS as ANTHROPIC } from '../../src/gateway/convert/anthropic/read-request.ts';
import { REQUEST_MEMBERS as CHAT } from '../../src/gateway/convert/chat/read-request.ts';
import type { Members } from '../../src/gateway/convert/members.ts';
import { NOTES, REFUSALS } from '../../src/gateway/convert/notes.ts';
import { REQUEST_MEMBERS as RESPONSES } from '../../src/gateway/convert/responses/read-request.ts';

const INTRODUCTION = `# Format conversion

A target that speaks another format than the client gets the call in its own, and the client gets the answer in its own: Anthropic Messages, OpenAI Chat Completions, OpenAI Responses, each way, streams and tools included. \`format\` of a target says what it speaks ([modes.md](modes.md#target)); nothing is converted without it. What the target cannot be told stands by name among the anomalies of the record (\`converted:NAME\`); what must not be lost is refused with the reason (400), and nothing is sent.

Only the calls that ask a model are converted: \`POST …/messages\`, \`…/chat/completions\`, \`…/responses\`. Counting tokens, files, batches and lists of models have no counterpart.`;

const KEPT = [
  ['', 'Anthropic Messages', 'OpenAI Chat', 'OpenAI Responses'],
  [
    'instructions',
    '`system`',
    'messages of `system`, `developer`',
    '`instructions`, messages of `system`, `developer`',
  ],
  ['texts of users and models', '`text`', '`content`, `text`', '`input_text`, `output_text`'],
  ['images, in it or behind a URL', '`image`', '`image_url`', '`input_image`'],
  ['PDFs', '`document`', '`file` (in it only)', '`input_file`'],
  ['tools', '`tools[].input_schema`', '`tools[].function`', '`tools[]`: `function`, `custom`, `namespace`'],
  ['calls, several at once too', '`tool_use`', '`tool_calls`', '`function_call`, `custom_tool_call`'],
  ['results', '`tool_result`', 'messages of `tool`', '`function_call_output`, `custom_tool_call_output`'],
  [
    'which tool',
    '`tool_choice`',
    '`tool_choice`; `allowed_tools` is a shorter list elsewhere',
    '`tool_choice`, the same',
  ],
  ['one call at a time', '`disable_parallel_tool_use`', '`parallel_tool_calls`', '`parallel_tool_calls`'],
  [
    'limit of the answer',
    '`max_tokens`',
    '`max_tokens`; `max_completion_tokens` for o-series and gpt-5 and later',
    '`max_output_tokens`',
  ],
  ['sampling', '`temperature`, `top_p`, `top_k`', '`temperature`, `top_p`', '`temperature`, `top_p`'],
  ['stop sequences', '`stop_sequences`', '`stop`', 'refused'],
  ['schema of the answer', '`output_config.format`', '`response_format`', '`text.format`'],
  [
    'how much to think',
    '`thinking`, `output_config.effort`',
    '`reasoning_effort` (OpenRouter’s `reasoning` is read too): told to o-series, gpt-5 and later, gpt-oss, at the nearest level that they have',
    '`reasoning.effort`, the same',
  ],
  [
    'thoughts in the answer',
    '`thinking`, if the client asked for it',
    '`reasoning_content` (`reasoning` is read too)',
    '`reasoning`, as a summary',
  ],
  ['end user', '`metadata.user_id`', '`user`; Mistral refuses it, and does not get it', '`user`'],
  ['stream of it', '`content_block_*`, `ping`', 'chunks, `[DONE]`; the usage if asked for', '`response.*`'],
  ['it is done', '`end_turn`, `stop_sequence`', '`stop`', '`completed`'],
  ['it wants tools called', '`tool_use`', '`tool_calls`', '`completed`'],
  ['it met its limit', '`max_tokens`', '`length`', '`incomplete`: `max_output_tokens`'],
  ['it refused', '`refusal`', '`content_filter`, `refusal`', '`incomplete`: `content_filter`; a `refusal` part'],
  ['all input', '`input_tokens` + `cache_*_input_tokens`', '`prompt_tokens`', '`input_tokens`'],
  [
    'of it from a cache, to a cache',
    '`cache_read_…`, `cache_creation_…`',
    '`cached_tokens`, `cache_write_tokens`',
    'the same',
  ],
  [
    'all output, of it thoughts',
    '`output_tokens`, `thinking_tokens`',
    '`completion_tokens`, `reasoning_tokens`',
    '`output_tokens`, `reasoning_tokens`',
  ],
] as const;

const THOUGHTS = `## Thoughts

Providers want to see their own thoughts again in a loop of tool calls, with a signature or as what only they can read. The client's format has one member that it gives back unread (\`signature\`, \`encrypted_content\`, OpenRouter's \`reasoning_details\`): what the target needs travels in it, and goes back to a target of the same format only. It means nothing to anybody else. So a session that has seen converted thoughts cannot go on at Anthropic itself with these messages: Anthropic refuses signatures that are not its own. End such sessions before you switch back, or turn thinking off in the client.`;

const ANSWERS = `## Answers

Usage is the target's, read by the rules of the meter and written in the client's words; the record of the call is made from the target's own answer. Each piece goes on as it comes, but for calls whose pieces come by turns (the second waits until the input of the first is whole) and the text of a tool that takes plain text. A stream that is cut off has no proper end for the client either; one that ends before it has finished, and errors amid a stream, are errors in the client's format. Integers longer than 15 digits in the input of tools stay what they are.`;

export function conversionPage(): string {
  return [
    INTRODUCTION,
    '## Kept',
    table(KEPT),
    '## Lost or changed',
    'Each is a note with its name, the place where it was first seen, and how often.',
    table([
      ['note', 'fate', 'what'],
      ...Object.entries(NOTES).map(([name, { fate, text }]) => [`\`${name}\``, fate, text]),
    ]),
    '## Refused',
    table([['reason', 'what'], ...Object.entries(REFUSALS).map(([name, text]) => [`\`${name}\``, text])]),
    '## Members of requests',
    'Any other member is lost (`member`). Members that are null, false or empty ask for nothing.',
    table([
      ['format', 'read', 'lost', 'refused'],
      membersRow('Anthropic Messages', ANTHROPIC),
      membersRow('OpenAI Chat', CHAT),
      membersRow('OpenAI Responses', RESPONSES),
    ]),
    THOUGHTS,
    ANSWERS,
    '',
  ].join('\n\n');
}

function membersRow(format: string, members: Members): string[] {
  const names = (wanted: (fate: Members[string]) => boolean): string =>
    Object.keys(members)
      .filter((name) => wanted(members[name] ?? 'nothing'))
      .map((name) => `\`${name}\``)
      .join(' ');
  return [
    format,
    names((fate) => fate === 'read' || fate === 'nothing'),
    names((fate) => typeof fate === 'object' && 'lost' in fate),
    names((fate) => typeof fate === 'object' && 'refused' in fate),
  ];
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  return [line(head ?? []), `|${'---|'.repeat(head?.length ?? 0)}`, ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
