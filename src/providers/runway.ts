import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

/** Answers with the id of a task and an estimate; what it cost, the task says when it has ended. */
function submit(path: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation: 'generation',
    operationFrom: 'req.path:op',
    units: [],
    model: ['req.body:$.model'],
    dims: { ratio: 'req.body:$.ratio' },
    job: 'res.body:$.id',
  };
}

const OPERATIONS = [
  'image_to_video|text_to_video|video_to_video|character_performance|video_upscale|video_to_hdr|avatar_videos',
  'text_to_image|image_upscale',
  'text_to_speech|speech_to_speech|sound_effect|voice_dubbing|voice_isolation',
  'realtime_sessions',
].join('|');

export const provider = {
  id: 'runway',
  title: 'Runway',
  hosts: ['api.dev.runwayml.com', 'api.runwayml.com'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    submit(`/v1/{op:${OPERATIONS}}`),
    submit('/v1/{op:recipes|workflows}/{name}'),
    {
      method: 'GET',
      path: '/v1/tasks/{id}',
      operation: 'fetch_task',
      kind: 'reread',
      units: [{ unit: 'credits', from: 'res.body:$.cost.credits' }],
      countWhen: 'res.body:$.status=SUCCEEDED|FAILED|CANCELLED',
      job: 'req.path:id',
    },
    ...controls('/v1', 'tasks', 'organization', 'uploads', 'workflows', 'workflow_invocations'),
  ],
  prices: [
    {
      unit: 'credits',
      usd: '0.01',
      per: 1,
      asOf: '2026-07-11',
      source: 'docs.dev.runwayml.com, API pricing',
    },
  ],
  limits: [
    'A task that is never asked for states its credits to nobody here; the estimate of its first answer is not counted.',
  ],
} satisfies Provider;
