import { NOWHERE } from '../../../src/session/seen-call.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord, Cost } from '../../../src/core/capture.ts';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { Rereads } from '../../../src/recorder/rereads.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { recordExchange, type RecordDeps } from '../../../src/recorder/record-exchange.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';

const CLEAN = new CleanSlices();

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };

/** A recorder's memory, and the calls that went through it. */
function recording(): (provider: string, request: string, body: unknown, whole?: boolean) => Promise<CallRecord> {
  const deps: RecordDeps = {
    price: () => UNPRICED,
    newId: () => 'call_1',
    rereads: new Rereads(100, { isCounted: () => false, submitted: () => null }),
    isDuplicate: () => false,
    estimator: null,
    keepsBodies: () => true,
    place: () => NOWHERE,
    clean: CLEAN,
  };
  return async (provider, request, body, whole = true) => {
    const meter = new ExchangeMeter({ directory, host: 'api.example', port: 443, provider, limits: DEFAULT_LIMITS });
    meter.requestHead(Buffer.from(`${request} HTTP/1.1\r\n\r\n`));
    meter.responseHead(Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n'), 1);
    meter.responseBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), 2);
    const facts = {
      connection: connectionInfo({ provider, host: 'api.example' }),
      wall: 0,
      openedAt: 0,
      responseHeadAt: 1,
      endedAt: 2,
      requestBytes: 0,
      responseBytes: 0,
      dropped: 0,
    };
    const metered = await meter.end(whole ? 'complete' : 'client_aborted', 3);
    const [capture] = recordExchange({ facts, end: exchangeEnd(), metered }, deps);
    return capture!.record;
  };
}

const inputs = (records: CallRecord[]): (number | null)[] => records.map(({ usage }) => usage.input_tokens);

describe('recorder counts once', () => {
  const usage = { input_tokens: 30, output_tokens: 4, total_tokens: 34, input_tokens_details: {} };
  const batch = {
    object: 'batch',
    id: 'batch_1',
    model: 'gpt-x',
    status: 'completed',
    output_file_id: 'file-1',
    usage,
  };
  const line = JSON.stringify({ response: { body: { object: 'response', id: 'resp_1', model: 'gpt-x', usage } } });

  it('a batch, whether its object or its file of results is seen first', async () => {
    const first = recording();
    expect(
      inputs([
        await first('openai', 'GET /v1/batches/batch_1', { ...batch, status: 'in_progress', output_file_id: null }),
        await first('openai', 'GET /v1/batches/batch_1', batch),
        await first('openai', 'GET /v1/batches/batch_1', batch),
        await first('openai', 'GET /v1/files/file-1/content', line),
      ]),
    ).toEqual([null, 30, null, null]);
    const second = recording();
    expect(
      inputs([
        await second('openai', 'GET /v1/files/file-1/content', line),
        await second('openai', 'GET /v1/batches/batch_1', batch),
      ]),
    ).toEqual([30, null]);
  });

  it('a file of results that is fetched again after it was cut', async () => {
    const record = recording();
    expect(
      inputs([
        await record('openai', 'GET /v1/files/file-1/content', line, false),
        await record('openai', 'GET /v1/files/file-1/content', line),
        await record('openai', 'GET /v1/files/file-1/content', line),
      ]),
    ).toEqual([null, 30, null]);
  });

  it('a run of an assistant, polled until it has ended', async () => {
    const run = { object: 'thread.run', id: 'run_1', model: 'gpt-x', status: 'in_progress', usage: null };
    const ended = { ...run, status: 'completed', usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } };
    const record = recording();
    expect(
      inputs([
        await record('openai', 'POST /v1/threads/thread_1/runs', run),
        await record('openai', 'GET /v1/threads/thread_1/runs/run_1', run),
        await record('openai', 'GET /v1/threads/thread_1/runs/run_1', ended),
        await record('openai', 'GET /v1/threads/thread_1/runs/run_1', ended),
      ]),
    ).toEqual([null, null, 9, null]);
  });

  it('a prediction of Replicate, whether it was waited for or asked for', async () => {
    const urls = { get: 'https://api.example/v1/predictions/p1' };
    const metrics = { predict_time: 1.5, input_token_count: 7, output_token_count: 3 };
    const prediction = (status: string): unknown => ({ id: 'p1', model: 'a/b', input: {}, status, urls, metrics });
    const record = recording();
    expect(
      inputs([
        await record('replicate', 'POST /v1/predictions', prediction('starting')),
        await record('replicate', 'GET /v1/predictions/p1', prediction('processing')),
        await record('replicate', 'GET /v1/predictions/p1', prediction('succeeded')),
        await record('replicate', 'GET /v1/predictions/p1', prediction('succeeded')),
      ]),
    ).toEqual([null, null, 7, null]);
    const waited = recording();
    expect(
      inputs([
        await waited('replicate', 'POST /v1/predictions', prediction('succeeded')),
        await waited('replicate', 'GET /v1/predictions/p1', prediction('succeeded')),
      ]),
    ).toEqual([7, null]);
  });

  it('a stored response that is fetched and resumed', async () => {
    const response = { object: 'response', id: 'resp_9', model: 'gpt-x', status: 'completed', usage };
    const record = recording();
    expect(
      inputs([
        await record('openai', 'POST /v1/responses', { ...response, status: 'queued', usage: null }),
        await record('openai', 'GET /v1/responses/resp_9', response),
        await record('openai', 'GET /v1/responses/resp_9?stream=true&starting_after=3', response),
      ]),
    ).toEqual([null, 30, null]);
  });

  it('a task of DashScope and a video of OpenAI by the id of the job', async () => {
    const record = recording();
    const task = { request_id: 'a', output: { task_id: 't1', task_status: 'SUCCEEDED' }, usage: { image_count: 2 } };
    const video = { id: 'video_1', object: 'video', model: 'sora-2', status: 'completed', seconds: '4' };
    const units = [
      await record('dashscope', 'GET /api/v1/tasks/t1', task),
      await record('dashscope', 'GET /api/v1/tasks/t1', { ...task, request_id: 'b' }),
      await record('openai', 'GET /v1/videos/video_1', video),
      await record('openai', 'GET /v1/videos/video_1', video),
    ].map(({ usage: counted }) => counted.units);
    expect(units).toEqual([{ images: 2 }, {}, { video_seconds: 4 }, {}]);
  });

  it('jobs of speech, video and scraping, however often they are asked for', async () => {
    const first = recording();
    const poll = { id: 'tr_1', status: 'completed', audio_duration: 60, speech_model_used: 'universal' };
    const units = [
      await first('assemblyai', 'POST /v2/transcript', { id: 'tr_1', status: 'queued' }),
      await first('assemblyai', 'GET /v2/transcript/tr_1', { ...poll, status: 'processing' }),
      await first('assemblyai', 'GET /v2/transcript/tr_1', poll),
      await first('assemblyai', 'GET /v2/transcript/tr_1', poll),
      await first('runway', 'GET /v1/tasks/t1', { id: 't1', status: 'SUCCEEDED', cost: { credits: 25 } }),
      await first('runway', 'GET /v1/tasks/t1', { id: 't1', status: 'SUCCEEDED', cost: { credits: 25 } }),
      await first('firecrawl', 'GET /v2/crawl/c1', { status: 'completed', creditsUsed: 7 }),
      await first('firecrawl', 'GET /v2/crawl/c1?skip=10', { status: 'completed', creditsUsed: 7 }),
    ].map(({ usage: { units: counted } }) => counted);
    expect(units).toEqual([{}, {}, { audio_seconds: 60 }, {}, { credits: 25 }, {}, { credits: 7 }, {}]);
  });

  it('a deferred answer of xAI, which settles the request that was without one', async () => {
    const record = recording();
    const done = { id: 'cmpl-1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } };
    const path = 'GET /v1/chat/deferred-completion/d1';
    const calls = [
      await record('xai', 'POST /v1/chat/completions', { request_id: 'd1' }),
      await record('xai', path, {}),
      await record('xai', path, done),
      await record('xai', path, done),
    ];
    expect(inputs(calls)).toEqual([null, null, 3, null]);
    expect(calls.map(({ settles }) => settles)).toEqual([false, false, true, false]);
    expect(calls.map(({ inference }) => inference)).toEqual([true, false, false, false]);
  });

  it('a message that is sent, and asked for later', async () => {
    const first = recording();
    const path = '/2010-04-01/Accounts/AC/Messages';
    const sent = { sid: 'SM1', num_segments: '2', num_media: '0', price: null };
    const delivered = { ...sent, price: '-0.0166', price_unit: 'USD' };
    const units = [
      await first('twilio', `POST ${path}.json`, sent),
      await first('twilio', `GET ${path}/SM1.json`, delivered),
      await first('twilio', `GET ${path}/SM2.json`, { ...delivered, sid: 'SM2' }),
    ].map(({ usage: { units: counted } }) => counted);
    expect(units).toEqual([{ segments: 2 }, {}, { segments: 2 }]);
  });
});
