import { LITELLM } from './families/price-sources.ts';
import type { Endpoint, FactSource, Provider } from './provider.ts';

/** One image a call; which one the path says, and for SD3 the form. */
function image(path: string, operation: string, model: readonly FactSource[] = ['req.path:model']): Endpoint {
  return { method: 'POST', path, operation, units: [{ unit: 'images', from: 'const:1' }], model };
}

const EDITS =
  'inpaint|outpaint|erase|search-and-replace|search-and-recolor|remove-background|replace-background-and-relight';
const CREDITS = { asOf: '2025-11', source: 'credits at $0.01, not verified' } as const;

export const provider = {
  id: 'stability',
  title: 'Stability AI',
  hosts: ['api.stability.ai'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    image('/v2beta/stable-image/generate/{model:ultra|core}', 'image_generation'),
    image('/v2beta/stable-image/generate/sd3', 'image_generation', ['req.multipart:model', 'const:sd3.5-large']),
    image(`/v2beta/stable-image/edit/{model:${EDITS}}`, 'image_edit'),
    image('/v2beta/stable-image/upscale/{model:fast|conservative|creative}', 'image_upscale'),
    image('/v2beta/stable-image/control/{model:sketch|structure|style|style-transfer}', 'image_control'),
    {
      method: 'POST',
      path: '/v2beta/3d/{model}',
      operation: 'model_3d_generation',
      units: [{ unit: 'generations', from: 'const:1' }],
    },
    {
      method: 'POST',
      path: '/v2beta/audio/{model}/{task}',
      operation: 'audio_generation',
      units: [{ unit: 'generations', from: 'const:1' }],
    },
    {
      method: 'POST',
      path: '/v2beta/image-to-video',
      operation: 'video_generation',
      units: [{ unit: 'videos', from: 'const:1' }],
    },
    {
      method: 'POST',
      path: '/v1/generation/{model}/{task+}',
      operation: 'image_generation',
      units: [{ unit: 'images', from: ['res.body:$.artifacts#len', 'req.body:$.samples', 'const:1'] }],
      dims: { width: 'req.body:$.width', height: 'req.body:$.height', steps: 'req.body:$.steps' },
    },
    { method: '*', path: '/v2beta/**', operation: 'results', kind: 'control' },
    { method: '*', path: '/v1/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'images', usd: '0.08', per: 1, model: 'ultra', ...LITELLM },
    { unit: 'images', usd: '0.03', per: 1, model: 'core', ...LITELLM },
    { unit: 'images', usd: '0.065', per: 1, model: 'sd3-large|sd3.5-large', ...LITELLM },
    { unit: 'images', usd: '0.04', per: 1, model: 'sd3-large-turbo|sd3.5-large-turbo', ...LITELLM },
    { unit: 'images', usd: '0.035', per: 1, model: 'sd3-medium|sd3.5-medium', ...LITELLM },
    { unit: 'images', usd: '0.04', per: 1, model: 'outpaint', ...CREDITS },
    { unit: 'images', usd: '0.08', per: 1, model: 'replace-background-and-relight|style-transfer', ...CREDITS },
    { unit: 'images', usd: '0.05', per: 1, operation: 'image_edit|image_control', ...CREDITS },
    { unit: 'images', usd: '0.02', per: 1, model: 'fast', operation: 'image_upscale', ...CREDITS },
    { unit: 'images', usd: '0.40', per: 1, model: 'conservative', operation: 'image_upscale', ...CREDITS },
    { unit: 'images', usd: '0.60', per: 1, model: 'creative', operation: 'image_upscale', ...CREDITS },
  ],
  limits: ['Answers state no credits: images are counted by the request that succeeded, at list prices.'],
} satisfies Provider;
