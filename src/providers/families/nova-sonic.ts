import type { Family } from './family.ts';
import { objectAt, stringAt, valueAt } from './json.ts';
import type { UsageMap } from './usage-map.ts';

/** Running totals of the whole conversation; speech is inside them. */
const SONIC_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'totalInputTokens',
    output_tokens: 'totalOutputTokens',
    input_audio_tokens: 'details.total.input.speechTokens',
    output_audio_tokens: 'details.total.output.speechTokens',
  },
  total: { at: 'totalTokens', distrust: 'nothing' },
};

/** Amazon Nova Sonic: speech both ways, each message an `event`. */
export const novaSonic: Family = {
  name: 'nova-sonic',
  usage: SONIC_USAGE,
  recognises: (message) => objectAt(message, 'event') !== null,
  read(message, reading) {
    const event = objectAt(message, 'event');
    const usage = objectAt(event, 'usageEvent');
    if (usage !== null) {
      reading.rawUsage = usage;
      reading.identify({ id: stringAt(usage, 'completionId') });
    }
    const text = objectAt(event, 'textOutput');
    // What the user said is transcribed as well.
    if (stringAt(text, 'role') !== 'USER') reading.text(valueAt(text, 'content'));
    if (objectAt(event, 'audioOutput') !== null) reading.content();
    const use = objectAt(event, 'toolUse');
    if (use !== null) {
      const id = stringAt(use, 'toolUseId');
      reading.tool(id ?? '', { id, name: stringAt(use, 'toolName'), input: valueAt(use, 'content') });
    }
    const end = objectAt(event, 'completionEnd');
    if (end !== null) reading.stopReason = stringAt(end, 'stopReason') ?? reading.stopReason;
  },
  settle(reading, ending) {
    reading.count(SONIC_USAGE, ending.whole ? 'final' : 'partial');
  },
};
