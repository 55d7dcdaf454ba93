import type { CallRecord } from '../api/shapes.ts';
import { type CallState, stateOf, statusText } from '../format/call.ts';

/** Shape and colour, so that colour is never alone. */
const SIGN: Record<CallState, { sign: string; colour: string; word: string }> = {
  ok: { sign: '●', colour: 'text-ok', word: 'succeeded' },
  client_error: { sign: '▲', colour: 'text-warn', word: 'refused by the provider' },
  limited: { sign: '◆', colour: 'text-warn', word: 'rate limited or overloaded' },
  server_error: { sign: '■', colour: 'text-bad', word: 'failed at the provider' },
  broken: { sign: '✕', colour: 'text-bad', word: 'did not come whole' },
};

export function StatusDot({ call }: { call: Pick<CallRecord, 'status' | 'outcome'> }) {
  const { sign, colour, word } = SIGN[stateOf(call)];
  return (
    <span
      className={`${colour} inline-block align-[1px] text-xs`}
      role="img"
      aria-label={`${statusText(call)}, ${word}`}
      title={statusText(call)}
    >
      {sign}
    </span>
  );
}

/** 8 px beside the name, the same hue for a provider everywhere. */
export function ProviderDot({ provider }: { provider: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-block size-2 shrink-0 rounded-full"
      style={{ backgroundColor: `hsl(${hueOf(provider)} 55% 55%)` }}
    />
  );
}

/** Of those that stand side by side most often: told apart at a glance. */
const HUES: Readonly<Record<string, number>> = {
  anthropic: 22,
  openai: 165,
  google: 217,
  bedrock: 42,
  'azure-openai': 195,
  openrouter: 262,
  mistral: 350,
  deepseek: 235,
  xai: 300,
  groq: 8,
};

function hueOf(name: string): number {
  const known = Object.hasOwn(HUES, name) ? HUES[name] : undefined;
  if (known !== undefined) return known;
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
