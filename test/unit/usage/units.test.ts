import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS, type Metered, type MeterLimits } from '../../../src/usage/metered.ts';

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

const SPEECH = 'POST /v1/text-to-speech/v1 HTTP/1.1\r\nContent-Type: application/json';
const TEXT = Buffer.from(JSON.stringify({ text: 'Hello there', model_id: 'eleven_v3' }));
const AUDIO = 'HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg';

function begun(head: string, limits: Partial<MeterLimits> = {}, provider = 'elevenlabs'): ExchangeMeter {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const meter = new ExchangeMeter({ directory, host: 'api.elevenlabs.io', port: 443, provider, limits: all });
  meter.requestHead(Buffer.from(`${head}\r\n\r\n`));
  return meter;
}

async function answered(meter: ExchangeMeter, head = AUDIO, body = 'ID3'): Promise<Metered> {
  meter.responseHead(Buffer.from(`${head}\r\n\r\n`), 1);
  meter.responseBody(Buffer.from(body), 2);
  return meter.end('complete', 3);
}

/** One second of silence, 8 kHz, mono. */
function wav(): Buffer {
  const file = Buffer.alloc(44 + 16_000);
  file.write('RIFF', 0, 'latin1');
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(8000, 24);
  file.writeUInt32LE(16_000, 28);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(16_000, 40);
  return file;
}

const at = (host: string): string | undefined =>
  directory.endpoint('fal', 'GET', '/fal-ai/flux/requests/r1', host)?.endpoint.operation;
const asked = (target: string): string | undefined =>
  directory.endpoint('aws-rekognition', 'POST', '/', 'h', [['X-Amz-Target', target]])?.endpoint.operation;

describe('usage, by the rules of an endpoint', () => {
  it('reads a request whose content is coded', async () => {
    const meter = begun(`${SPEECH}\r\nContent-Encoding: gzip`);
    meter.requestBody(gzipSync(TEXT));
    const { usage, request_model } = await answered(meter);
    expect(usage).toMatchObject({ units: { characters: 11 }, source: 'request', state: 'final', raw: null });
    expect(request_model).toBe('eleven_v3');
  });

  it('counts nothing of a request of which a part was not captured', async () => {
    const meter = begun(SPEECH);
    meter.requestBody(TEXT);
    meter.requestGap(5);
    expect((await answered(meter)).usage).toMatchObject({ units: {}, state: 'none' });
  });

  it('counts nothing of a request that is longer than what is kept', async () => {
    const meter = begun(SPEECH, { bodyBytes: 20 });
    meter.requestBody(TEXT);
    expect((await answered(meter)).usage).toMatchObject({ units: {}, state: 'none' });
  });

  it('believes a header though a part of the audio was not captured, and keeps what it said', async () => {
    const meter = begun(SPEECH);
    meter.responseHead(Buffer.from(`${AUDIO}\r\nCharacter-Cost: 7\r\n\r\n`), 1);
    meter.responseGap(1000);
    expect((await meter.end('complete', 3)).usage).toMatchObject({
      units: { characters: 7 },
      source: 'header',
      state: 'final',
      raw: { 'res.header:character-cost': 7 },
    });
  });

  it('says what was asked for when no answer came', async () => {
    const meter = begun(SPEECH);
    meter.requestBody(TEXT);
    expect(await meter.end('upstream_error', 3)).toMatchObject({
      operation: 'speech',
      request_model: 'eleven_v3',
      usage: { units: {}, state: 'none' },
    });
  });

  it('takes no count that cannot be', async () => {
    for (const cost of ['-3', '1e99', 'NaN', 'many', '9'.repeat(30)]) {
      const { usage } = await answered(begun(SPEECH), `${AUDIO}\r\ncharacter-cost: ${cost}`);
      expect(usage.units).toEqual({});
    }
  });

  it('takes the length of an uploaded file, wherever the upload is cut', async () => {
    const upload = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'),
      wav(),
      Buffer.from('\r\n--b\r\nContent-Disposition: form-data; name="model_id"\r\n\r\nscribe_v1\r\n--b--\r\n'),
    ]);
    const head = 'POST /v1/speech-to-text HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b';
    for (let at = 1; at < upload.length; at += at < 300 || at > 16_050 ? 1 : 500) {
      const meter = begun(head);
      meter.requestBody(upload.subarray(0, at));
      meter.requestBody(upload.subarray(at));
      const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json';
      expect(await answered(meter, json, '{"text":"","words":[]}')).toMatchObject({
        request_model: 'scribe_v1',
        usage: { units: { audio_seconds: 1 }, source: 'request', state: 'final' },
      });
    }
  });

  it('names a WebSocket by an endpoint of its own', async () => {
    const head = 'GET /v1/speech-to-text/realtime?model_id=scribe_v2_realtime HTTP/1.1';
    const meter = begun(`${head}\r\nConnection: Upgrade\r\nUpgrade: WebSocket`);
    meter.responseHead(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'), 1);
    expect(await meter.end('upgraded', 2)).toMatchObject({
      operation: 'transcription',
      request_model: 'scribe_v2_realtime',
      usage: { units: {}, state: 'none' },
    });
  });

  it('keeps to an endpoint of the host, and of the header', () => {
    expect([at('queue.fal.run'), at('fal.run'), at('')]).toEqual(['fetch_result', 'admin', 'admin']);
    expect(asked('RekognitionService.DetectText')).toBe('image_analysis');
    expect(asked('RekognitionService.DescribeProjects')).toBe('admin');
  });
});
