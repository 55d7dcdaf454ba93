/** What a conversation is about: its first human words. */

const MAX_TITLE = 120;
/** A text of a mile has its first words at its beginning. */
const MAX_READ = 32 * 1024;

/** What coding agents put around, or instead of, what a human wrote: with its content. */
const WRAPPED =
  /<(system-reminder|system_reminder|local-command-stdout|local-command-stderr|local-command-caveat|command-message|environment_context|environment_details|user_instructions|ide_opened_file|ide_selection|INSTRUCTIONS|attached_files|file_content|additional_data|permissions instructions)\b[^<>]{0,200}>[\s\S]*?(?:<\/\1>|$)/gi;
/** What they put around it: without its content. */
const TAGS =
  /<\/?(?:command-name|command-args|command-contents|user_query|user-prompt|user-prompt-submit-hook|task|session|feedback|prompt|user_message|userRequest|conversation|context|text|question)\b[^<>]{0,200}>/gi;
/** Whole texts that no human wrote. */
const NOT_HUMAN =
  /^(?:caveat: the messages below|\[request interrupted|warmup$|quota$|# agents\.md instructions|this session is being continued from a previous conversation)/i;

/** The words of a human in a text of a user message; empty = there are none. */
export function humanText(text: string): string {
  const read = text.length > MAX_READ ? text.slice(0, MAX_READ) : text;
  const plain = (read.includes('<') ? read.replaceAll(WRAPPED, ' ').replaceAll(TAGS, ' ') : read).trim();
  return NOT_HUMAN.test(plain) ? '' : plain;
}

/** One line of at most 120 characters. @param texts of the user, in order; `null` = no human has spoken yet */
export function titleOf(texts: Iterable<string>): string | null {
  for (const text of texts) {
    const line = oneLine(humanText(text));
    if (line !== '') return shortened(line);
  }
  return null;
}

function oneLine(text: string): string {
  // What is cut off below need not be cleaned: twice as much covers the white space that people write.
  return text
    .slice(0, MAX_TITLE * 2)
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
}

function shortened(line: string): string {
  if (line.length <= MAX_TITLE) return line;
  // No half of a surrogate pair, no dangling joiner.
  return `${line
    .slice(0, MAX_TITLE - 1)
    .replace(/[\ud800-\udbff\u200d]+$/, '')
    .trimEnd()}…`;
}
