/** What a conversion cannot keep, by name. docs/conversion.md lists them all. */

interface NoteText {
  /** `lost`: the target does not get it. `changed`: it gets it in other words. */
  fate: 'lost' | 'changed';
  text: string;
}

export const NOTES = {
  // requests
  member: { fate: 'lost', text: 'a member of the request that has no counterpart' },
  message_member: { fate: 'lost', text: 'a member of a message or of a part of it that has no counterpart' },
  cache_control: { fate: 'lost', text: 'marks for the prompt cache; the target caches by its own rules' },
  hosted_tool: { fate: 'lost', text: 'a tool that the provider runs itself, offered among tools of the client' },
  hosted_call: { fate: 'lost', text: 'a call of such a tool, and its result, in the history' },
  tool_member: { fate: 'lost', text: 'a member of a tool that has no counterpart' },
  tool_choice_without_tools: { fate: 'lost', text: 'a choice among no tools' },
  tool_renamed: {
    fate: 'changed',
    text: 'a tool with a name that the target does not take; the client sees its own name',
  },
  tool_id_renamed: { fate: 'changed', text: 'the id of a call that the target does not take' },
  tool_description: {
    fate: 'changed',
    text: 'a description of a tool that is longer than OpenAI takes: its beginning is at the tool, all of it in the instructions',
  },
  freeform_tool: {
    fate: 'changed',
    text: 'a tool that takes plain text, offered as one with a text member `input`; the client gets plain text',
  },
  tool_result_media: {
    fate: 'changed',
    text: 'images and files in the result of a tool: they follow it as the user’s',
  },
  tool_error: { fate: 'changed', text: 'the mark of a failed tool: `Error: ` before its result' },
  input_malformed: {
    fate: 'changed',
    text: 'input of a tool that is no JSON object: it is the text member `arguments`',
  },
  thinking_history: { fate: 'lost', text: 'thoughts of another provider in the history' },
  reasoning_summary: { fate: 'lost', text: 'whether and how thoughts are shown' },
  reasoning_effort: { fate: 'changed', text: 'how much to think: levels and token budgets stand for each other' },
  reasoning_untold: { fate: 'lost', text: 'how much to think, for a model that is not known to take it' },
  reasoning_off: {
    fate: 'lost',
    text: 'thinking, where Anthropic does not allow it: with a forced tool, or amid calls whose thoughts are not known',
  },
  sampling: { fate: 'lost', text: '`temperature`, `top_p` or `top_k`, which the target’s model refuses' },
  temperature: { fate: 'changed', text: 'a temperature above 1: Anthropic’s ends there' },
  max_tokens: { fate: 'changed', text: 'no limit of the answer, which Anthropic demands: one was filled in' },
  user: { fate: 'changed', text: 'an id of the end user that is longer than OpenAI takes: a hash of it stands for it' },
  least_tokens: {
    fate: 'changed',
    text: 'a limit of the answer below 16 tokens, the least that the Responses API takes',
  },
  json_output: { fate: 'lost', text: 'the demand for any JSON (`json_object`): only the prompt asks for it' },
  system_moved: { fate: 'changed', text: 'instructions amid the conversation: they stand with those at its beginning' },
  user_turn_added: {
    fate: 'changed',
    text: 'a conversation that the assistant begins: a user’s `.` was put before it',
  },
  empty_text: { fate: 'lost', text: 'a blank text, which Anthropic refuses' },
  prefill: { fate: 'changed', text: 'an answer already begun by the client: the target may begin anew' },
  image_detail: { fate: 'lost', text: 'how closely an image is to be looked at' },
  document_text: { fate: 'changed', text: 'a document of plain text: a text with its title before it' },
  // answers
  answer_member: { fate: 'lost', text: 'a member of the answer that has no counterpart' },
  citations: { fate: 'lost', text: 'citations and annotations of the answer’s text' },
  thinking: { fate: 'lost', text: 'thoughts that the client did not ask for' },
  stop_reason: { fate: 'changed', text: 'a reason to stop that the client’s format does not know' },
  usage_unknown: {
    fate: 'lost',
    text: 'counts that the target does not state: 0 where the client’s format demands one',
  },
} as const satisfies Record<string, NoteText>;

export type NoteName = keyof typeof NOTES;

export const REFUSALS = {
  not_json: 'the body is no JSON object',
  too_deep: 'what is nested deeper than can be written again',
  messages: 'there is nothing to send, or the messages are not what the format says',
  role: 'a message with a role that is not known',
  part: 'a part of a message that cannot be converted',
  file_id: 'a file that lies at the provider: the target does not have it',
  media: 'media that the target’s format has no place for',
  tool: 'a tool that only models of its provider know',
  hosted_tool: 'a tool that the provider runs itself, demanded or offered alone',
  tool_choice: 'a choice of tool that cannot be converted',
  functions: '`functions` of 2023: use `tools`',
  several_answers: 'more than one answer (`n`)',
  audio: 'an answer in sound',
  stop: 'stop sequences: the Responses API has none',
  stored_state: 'state that lies at the provider (`previous_response_id`, `conversation`, `prompt`, `container`)',
  background: 'a call in the background',
  compaction: 'history that only its provider can read',
} as const satisfies Record<string, string>;

export type RefusalName = keyof typeof REFUSALS;

export interface Note {
  name: NoteName;
  fate: 'lost' | 'changed';
  /** Where it was first seen: `temperature`, `messages[2].content[0].cache_control`. */
  at: string;
  /** How often. */
  count: number;
}

export interface Refusal {
  name: RefusalName;
  at: string;
  /** For people; without the place. */
  message: string;
}

/** Thrown inside this folder, and caught by the conversion. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(name: RefusalName, at: string) {
    super(`${REFUSALS[name]} (${at})`);
    this.refusal = refusalOf(name, at);
  }
}

export function refusalOf(name: RefusalName, at: string): Refusal {
  return { name, at, message: REFUSALS[name] };
}

export function refuse(name: RefusalName, at: string): never {
  throw new RefusedError(name, at);
}

/** Each kind of loss once per member, with where it was first seen. */
export class Notes {
  readonly #notes = new Map<string, Note>();

  add(name: NoteName, at: string): void {
    // A member is a loss of its own; what happens in many messages is one.
    const key = name === 'member' ? `${name} ${at}` : name;
    const known = this.#notes.get(key);
    if (known !== undefined) known.count += 1;
    else this.#notes.set(key, { name, fate: NOTES[name].fate, at, count: 1 });
  }

  list(): readonly Note[] {
    return [...this.#notes.values()];
  }
}
