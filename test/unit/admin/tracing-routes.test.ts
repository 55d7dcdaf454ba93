import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { tracingRoutes } from '../../../src/admin/tracing-routes.ts';

let app: Hono;
let told: (boolean | undefined)[];
beforeEach(() => {
  app = new Hono();
  told = [];
  const tracing = (enabled = true): Promise<boolean> => {
    told.push(enabled);
    return Promise.resolve(enabled);
  };
  tracingRoutes(app, { tracing: { enabled: true }, recorder: () => ({ tracing }) });
});

async function ask(method: 'GET' | 'PUT', body?: string): Promise<string> {
  const response = await app.request('/api/tracing', { method, ...(body === undefined ? {} : { body }) });
  return `${response.status} ${await response.text()}`;
}

describe('admin/tracing-routes', () => {
  it('tells the recorder, and remembers it for one that is started again', async () => {
    expect(await ask('GET')).toBe('200 {"enabled":true}');
    expect(await ask('PUT', '{"enabled":false}')).toBe('200 {"enabled":false}');
    expect(await ask('GET')).toBe('200 {"enabled":false}');
    expect(await ask('PUT', '{"enabled":true}')).toBe('200 {"enabled":true}');
    expect(told).toEqual([false, true]);
  });

  it.each(['', '{}', '{"enabled":"no"}', '[]', 'null'])('refuses %s and changes nothing', async (body) => {
    expect(await ask('PUT', body)).toMatch(/^400 .*enabled/);
    expect(told).toEqual([]);
    expect(await ask('GET')).toBe('200 {"enabled":true}');
  });
});
