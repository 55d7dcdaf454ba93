import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider, UnitRule } from './provider.ts';

/** What ElevenLabs bills and calls characters: after the factors of model and voice. */
const BILLED = ['res.header:character-cost', 'res.header:x-character-cost'];

/** @param text the characters to speak, as a fact; Flash and Turbo bill half of them. */
function spoken(text: string): UnitRule[] {
  const half = `${text} * 0.5 if req.body:$.model_id=*flash*|*turbo*`;
  return [{ unit: 'characters', from: [...BILLED, half, text] }];
}

const SPEECH = spoken('req.body:$.text#codepoints');
const DIALOGUE = spoken('req.body:$.inputs[*].text#codepoints');
const DEFAULT_VOICE_MODEL = ['req.body:$.model_id', 'const:eleven_multilingual_v2'];

function speech(path: string, units: UnitRule[], model: string[]): Endpoint {
  return { method: 'POST', path, operation: 'speech', units, model };
}

const NOT_BILLED = BILLED.map((header) => `!${header}`).join(' and ');

/** Work on audio: the header where there is one, else `other`. */
function audio(path: string, operation: string, other: UnitRule): Endpoint {
  const from = [other.from].flat().map((each) => `${each} if ${NOT_BILLED}`);
  return {
    method: 'POST',
    path,
    operation,
    units: [
      { unit: 'characters', from: BILLED },
      { ...other, from },
    ],
    model: ['req.body:$.model_id'],
  };
}

const PAGE = { asOf: '2026-06', source: 'developer.puter.com/tutorials/elevenlabs-api-pricing' } as const;

export const provider = {
  id: 'elevenlabs',
  title: 'ElevenLabs',
  // Regions (api.us, api.eu.residency ...) are below it.
  hosts: ['elevenlabs.io'],
  base: 'https://api.elevenlabs.io/v1',
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['request-id', 'x-request-id', 'history-item-id'],
  endpoints: [
    ...['', '/stream', '/with-timestamps', '/stream/with-timestamps'].flatMap((end) => [
      speech(`/v1/text-to-speech/{voice}${end}`, SPEECH, DEFAULT_VOICE_MODEL),
      speech(`/v1/text-to-dialogue${end}`, DIALOGUE, ['req.body:$.model_id', 'const:eleven_v3']),
    ]),
    {
      method: 'WS',
      path: '/v1/text-to-speech/{voice}/{kind:stream-input|multi-stream-input}',
      operation: 'speech',
      model: ['req.query:model_id'],
    },
    {
      method: 'POST',
      path: '/v1/speech-to-text',
      operation: 'transcription',
      units: [
        {
          unit: 'audio_seconds',
          from: ['res.body:$.audio_duration_secs', 'req.audio_seconds', 'max(res.body:$.words[*].end)'],
        },
      ],
      model: ['req.multipart:model_id'],
    },
    {
      method: 'WS',
      path: '/v1/speech-to-text/realtime',
      operation: 'transcription',
      model: ['req.query:model_id'],
    },
    audio('/v1/sound-generation', 'sound_generation', { unit: 'generations', from: 'const:1' }),
    ...['', '/stream', '/detailed', '/detailed/stream'].map((end) =>
      audio(`/v1/music${end}`, 'music_generation', { unit: 'audio_seconds', from: 'req.body:$.music_length_ms/1000' }),
    ),
    ...['', '/stream'].flatMap((end) => [
      audio(`/v1/speech-to-speech/{voice}${end}`, 'voice_change', {
        unit: 'audio_seconds',
        from: 'req.audio_seconds',
      }),
      audio(`/v1/audio-isolation${end}`, 'voice_isolation', { unit: 'audio_seconds', from: 'req.audio_seconds' }),
    ]),
    ...['', '/design', '/create-previews', '/{voice}/remix'].map((end) =>
      audio(`/v1/text-to-voice${end}`, 'voice_design', { unit: 'generations', from: 'const:1' }),
    ),
    audio('/v1/forced-alignment', 'forced_alignment', { unit: 'requests', from: 'const:1' }),
    audio('/v1/dubbing', 'dubbing', { unit: 'requests', from: 'const:1' }),
    ...controls('/v1', 'voices', 'models', 'user', 'usage', 'history', 'dubbing', 'music'),
    { method: 'GET', path: '/v1/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    // Flash and Turbo at half of it: the factor is in the count.
    { unit: 'characters', usd: '0.10', per: 1000, ...PAGE },
    { unit: 'audio_seconds', usd: '0.22', per: 3600, operation: 'transcription', ...PAGE },
    { unit: 'audio_seconds', usd: '0.30', per: 60, operation: 'music_generation', ...PAGE },
    { unit: 'audio_seconds', usd: '0.12', per: 60, operation: 'voice_change|voice_isolation', ...PAGE },
    { unit: 'generations', usd: '0.12', per: 1, operation: 'sound_generation', ...PAGE },
  ],
  limits: [
    'Speech and transcription over WebSockets, and agents: named, not counted.',
    'Where the answer has no `character-cost` header, the factor of a library voice is not known.',
    'The price is that of the API page; overage on a plan costs $0.12 to $0.30 per 1,000.',
  ],
} satisfies Provider;
