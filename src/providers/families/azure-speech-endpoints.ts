import type { Endpoint } from '../provider.ts';

const SPEECH = { service: 'const:speech' };
const RECOGNITION = '{mode:conversation|interactive|dictation}/cognitiveservices/v1';

/**
 * Azure AI Speech: at hosts of its own, and under these paths also at `{name}.cognitiveservices.azure.com`, where Azure
 * OpenAI is, too. Speech is billed by characters with its rules for markup (`#azure`), of which answers say nothing.
 */
export function azureSpeechEndpoints(): Endpoint[] {
  const all = [...speech(''), ...speech('/tts'), ...recognition(''), ...recognition('/stt'), ...jobs()];
  // Where the hosts are shared, its prices must not be taken for those of models.
  return all.map((endpoint) => (endpoint.kind === 'control' ? endpoint : { ...endpoint, dims: SPEECH }));
}

function speech(base: string): Endpoint[] {
  return [
    {
      method: 'POST',
      path: `${base}/cognitiveservices/v1`,
      operation: 'speech',
      units: [{ unit: 'characters', from: 'req.body:$#azure' }],
      model: ['req.body:$#voice'],
    },
    { method: 'WS', path: `${base}/cognitiveservices/websocket/{version}`, operation: 'speech' },
    { method: 'GET', path: `${base}/cognitiveservices/voices/list`, operation: 'voices', kind: 'control' },
  ];
}

function recognition(base: string): Endpoint[] {
  return [
    {
      method: 'POST',
      path: `${base}/speech/recognition/${RECOGNITION}`,
      operation: 'transcription',
      units: [
        {
          unit: 'audio_seconds',
          // Hundreds of nanoseconds; what is billed is the audio sent, which a WAV head tells.
          from: ['req.audio_seconds', '(res.body:$.Offset + res.body:$.Duration) / 10000000'],
        },
      ],
      countWhen: '!res.body:$.RecognitionStatus=Error',
    },
    { method: 'WS', path: `${base}/speech/recognition/${RECOGNITION}`, operation: 'transcription' },
    { method: 'WS', path: `${base}/speech/universal/v2`, operation: 'transcription' },
    { method: 'WS', path: `${base}/speech/translation/cognitiveservices/v1`, operation: 'translation' },
  ];
}

function jobs(): Endpoint[] {
  return [
    {
      method: 'POST',
      path: '/speechtotext/transcriptions:transcribe',
      operation: 'fast_transcription',
      units: [{ unit: 'audio_seconds', from: 'res.body:$.durationMilliseconds/1000' }],
    },
    ...['/speechtotext/transcriptions', '/speechtotext/{version}/transcriptions'].flatMap((path): Endpoint[] => [
      { method: 'POST', path, operation: 'batch_transcription', units: [] },
      { method: 'POST', path: `${path}:submit`, operation: 'batch_transcription', units: [] },
      {
        method: 'GET',
        path: `${path}/{id}`,
        operation: 'fetch_batch_transcription',
        kind: 'reread',
        units: [
          {
            unit: 'audio_seconds',
            from: ['res.body:$.properties.durationMilliseconds/1000', 'res.body:$.properties.duration#seconds'],
          },
        ],
        countWhen: 'res.body:$.status=Succeeded',
        job: 'req.path:id',
      },
    ]),
    {
      method: 'PUT',
      path: '/texttospeech/batchsyntheses/{id}',
      operation: 'batch_speech',
      units: [],
      job: 'req.path:id',
    },
    {
      method: 'GET',
      path: '/texttospeech/batchsyntheses/{id}',
      operation: 'fetch_batch_speech',
      kind: 'reread',
      // By kind of voice: neuralCharacters, customNeuralCharacters ...
      units: [{ unit: 'characters', from: 'res.body:$.properties.billingDetails.*' }],
      countWhen: 'res.body:$.status=Succeeded',
      job: 'req.path:id',
    },
    { method: '*', path: '/speechtotext/**', operation: 'speech_admin', kind: 'control' },
    { method: '*', path: '/texttospeech/**', operation: 'speech_admin', kind: 'control' },
    { method: '*', path: '/customvoice/**', operation: 'speech_admin', kind: 'control' },
    { method: 'POST', path: '/sts/v1.0/issueToken', operation: 'auth_tokens', kind: 'control' },
  ];
}
