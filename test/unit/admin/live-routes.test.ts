import { describe, expect, it } from 'vitest';
import { Live } from '../../../src/admin/live.ts';
import { untilTrue } from '../../support/async.ts';
import { anAdminApp, BEARER, idleRecorder } from '../../support/admin-app.ts';
import { aRecord, aRunningCall } from '../../support/captures.ts';

describe('admin/live-routes', () => {
  it('sends calls as they start, go on and end; those that ended have an id', async () => {
    const live = new Live(() => {});
    const answer = await anAdminApp({ live }).request('/api/live', { headers: BEARER });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const reading = (async () => {
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) text += piece.value;
    })();
    await untilTrue(() => live.read);
    const call = aRunningCall({ id: 'call_1' });
    live.follow({ started: [call], progress: [{ ...call, text: 'So far' }], gone: [] });
    live.push(aRecord({ id: 'call_1' }));
    live.follow({ started: [], progress: [], gone: ['call_1'] });
    await untilTrue(() => text.includes('event: gone'));
    await reader?.cancel();
    await reading;
    expect(text.replaceAll(/data: \{"id":"(\w+)".*"text":"?([^"}]*)"?\}\n/g, 'data: $1 $2\n')).toContain(
      'event: started\ndata: call_1 null\n\nevent: progress\ndata: call_1 So far\n\nevent: call\nid: 1\ndata: {"id":"call_1"',
    );
    expect(text).toContain('event: gone\ndata: {"id":"call_1"}\n\n');
  });

  it('says at once where a reader is, so that one who loses the line before any call ended misses none', async () => {
    const live = new Live(() => {}, 700);
    const first = await anAdminApp({ live }).request('/api/live', { headers: BEARER });
    const reader = first.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('id: 700\n\n');
    await reader?.cancel();
    live.push(aRecord({ id: 'call_1' }));
    const again = await anAdminApp({ live }).request('/api/live', { headers: { ...BEARER, 'last-event-id': '700' } });
    const pieces = again.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('call_1')) text += (await pieces?.read())?.value;
    expect(text).toMatch(/^event: gap\ndata: \{\}\n\nevent: call\nid: 701\n/);
    await pieces?.cancel();
  });

  it('lists the calls under way, and none where no daemon runs', async () => {
    const recorder: typeof idleRecorder = { ...idleRecorder, running: () => Promise.resolve([aRunningCall()]) };
    const ask = async (readOnly: boolean): Promise<unknown> => {
      const app = anAdminApp({ recorder: () => recorder, readOnly });
      return (await app.request('/api/in-flight', { headers: BEARER })).json();
    };
    expect(await ask(false)).toEqual({ calls: [aRunningCall()] });
    expect(await ask(true)).toEqual({ calls: [] });
  });
});
