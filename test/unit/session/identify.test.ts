import { describe, expect, it } from 'vitest';
import type { CallContext } from '../../../src/core/call-context.ts';
import { identify } from '../../../src/session/identify.ts';
import { expectLinearTime } from '../../support/growth.ts';

function identityOf(
  headers: Record<string, string>,
  body: string | null = null,
  runId: string | null = null,
): CallContext {
  return identify({ requestHeaders: Object.entries(headers), requestBody: body, runId });
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('session/identify', () => {
  it('knows nothing of a request that says nothing', () => {
    expect(new Set(Object.values(identityOf({ host: 'api.openai.com' })))).toEqual(new Set([null]));
  });

  it.each<[string, Record<string, string>, Partial<CallContext>]>([
    ['Claude Code', { 'X-Claude-Code-Session-Id': 'a-1' }, { session_id: 'a-1', trace_id: 'a-1' }],
    ['Codex', { session_id: 'c-1' }, { session_id: 'c-1' }],
    ['older Codex', { conversation_id: 'c-2' }, { session_id: 'c-2' }],
    ['seed clients', { 'X-Session-ID': 's-1' }, { session_id: 's-1' }],
    [
      'ours before all others',
      { 'x-session-id': 'low', 'X-LLM-Proxy-Session': 'high', 'x-claude-code-session-id': 'middle' },
      { session_id: 'high' },
    ],
    [
      'a sub-agent of Claude Code',
      { 'x-claude-code-session-id': 's', 'x-claude-code-agent-id': 'agent-7' },
      { session_id: 's', agent: 'agent-7' },
    ],
    ['a task', { 'X-Task-ID': 't-1', 'X-Session-ID': 's' }, { task_id: 't-1', trace_id: 't-1' }],
    ['a trace', { 'X-Trace-ID': 'tr-1' }, { trace_id: 'tr-1', task_id: null }],
    [
      'W3C trace context',
      { traceparent: `00-${TRACE}-${SPAN}-01` },
      { trace_id: TRACE, parent_span_id: SPAN, span_id: null },
    ],
    [
      'LLMObserve in any case',
      {
        'X-LLMObserve-Section': 'tool:search',
        'x-llmobserve-section-path': 'agent:a/tool:search',
        'X-LLMOBSERVE-CUSTOMER-ID': 'acme',
        'X-LLMObserve-Tenant-ID': 'eu',
        'X-LLMObserve-Run-ID': 'r-1',
        'X-LLMObserve-Span-ID': 'sp',
        'X-LLMObserve-Parent-Span-ID': 'psp',
      },
      {
        section: 'tool:search',
        section_path: 'agent:a/tool:search',
        customer_id: 'acme',
        tenant_id: 'eu',
        run_id: 'r-1',
        trace_id: 'r-1',
        span_id: 'sp',
        parent_span_id: 'psp',
      },
    ],
    ['a section without a path', { 'x-llm-proxy-section': 'agent:x' }, { section: 'agent:x', section_path: 'agent:x' }],
    ['an agent name', { 'X-Agent-Name': 'planner' }, { agent: 'planner' }],
    [
      'a thread of Codex within its session',
      { 'session-id': 'root', 'thread-id': 'child', 'x-codex-parent-thread-id': 'root', 'x-openai-subagent': 'review' },
      { session_id: 'child', parent_session_id: 'root', agent: 'review' },
    ],
    [
      'the metadata of a turn of Codex',
      {
        'x-codex-turn-metadata': JSON.stringify({
          session_id: 'root',
          thread_id: 'child',
          parent_thread_id: 'root',
          turn_id: 't',
          subagent_kind: 'thread_spawn',
        }),
      },
      { session_id: 'child', parent_session_id: 'root', agent: 'thread_spawn', task_id: null },
    ],
    ['opencode', { 'x-opencode-session': 'o-1' }, { session_id: 'o-1' }],
    ['the CLI of Copilot', { 'X-Client-Session-Id': 'p-1' }, { session_id: 'p-1' }],
    [
      'Helicone',
      { 'Helicone-Session-Id': 'h', 'Helicone-Session-Path': '/plan/search', 'Helicone-User-Id': 'u' },
      { session_id: 'h', section_path: '/plan/search', customer_id: 'u' },
    ],
    ['trace ids of other gateways', { 'x-portkey-trace-id': 'p' }, { trace_id: 'p' }],
    [
      'baggage',
      { baggage: 'session.id=s-1 , user.id=u%20%C3%A9;ttl=3,task=t,gen_ai.agent.name=planner,Tenant.ID=eu' },
      { session_id: 's-1', customer_id: 'u é', task_id: 't', trace_id: 't', agent: 'planner', tenant_id: 'eu' },
    ],
    [
      'the better known key of baggage first',
      { baggage: 'langfuse_session_id=low,gen_ai.conversation.id=middle,session.id=high,user.id=u,customer=c' },
      { session_id: 'high', customer_id: 'c' },
    ],
    [
      'a header before baggage',
      { baggage: 'session.id=low,task=low', 'x-session-id': 'high', 'x-task-id': 'high' },
      { session_id: 'high', task_id: 'high' },
    ],
    [
      'a customer beyond ASCII',
      { 'x-llm-proxy-customer': Buffer.from('Müller').toString('latin1') },
      { customer_id: 'Müller' },
    ],
  ])('reads %s', (_, headers, expected) => {
    expect(identityOf(headers)).toMatchObject(expected);
  });

  it('takes the task before the trace, the run and the session as the trace', () => {
    const all = { 'x-task-id': 't', 'x-trace-id': 'tr', 'x-session-id': 's' };
    expect(identityOf(all, null, 'run').trace_id).toBe('t');
    expect(identityOf({ 'x-trace-id': 'tr', 'x-session-id': 's' }, null, 'run').trace_id).toBe('tr');
    expect(identityOf({ 'x-session-id': 's' }, null, 'run').trace_id).toBe('run');
    expect(identityOf({ 'x-session-id': 's' }).trace_id).toBe('s');
  });

  it('believes the listener of a run before a header', () => {
    expect(identityOf({ 'x-llm-proxy-run': 'forged' }, null, 'run_1').run_id).toBe('run_1');
  });

  it.each([
    ['zero trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['zero span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['short', '00-abc-def-01'],
  ])('ignores a traceparent with %s', (_, traceparent) => {
    expect(identityOf({ traceparent })).toMatchObject({ trace_id: null, parent_span_id: null });
  });

  it.each([
    ['empty', ' '],
    ['endless', 'x'.repeat(256)],
    ['with an escape', 'a\u001b[31m'],
  ])('ignores an identifier that is %s', (_, value) => {
    expect(identityOf({ 'x-session-id': value, 'x-task-id': value, 'x-agent-name': value })).toMatchObject({
      session_id: null,
      task_id: null,
      agent: null,
    });
  });

  it.each([
    ['without a pair', 'session.id,=x,;'],
    ['with a broken escape', 'session.id=%zz'],
    ['with a control character', 'session.id=a%0Ab'],
    ['that is endless', `session.id=${'x'.repeat(256)}`],
    ['beyond what is passed on', `session.id=s,x=${'x'.repeat(8192)}`],
  ])('finds no session in baggage %s', (_, baggage) => {
    expect(identityOf({ baggage }).session_id).toBeNull();
  });

  it.each(['{', 'null', '"x"', '{"thread_id":7}', '[]'])('finds no session in the turn metadata %j', (metadata) => {
    expect(identityOf({ 'x-codex-turn-metadata': metadata }).session_id).toBeNull();
  });

  it('takes the first of several headers of one name, and no traceparent when there are several', () => {
    const requestHeaders: [string, string][] = [
      ['X-Session-ID', ''],
      ['x-session-id', 'one'],
      ['X-SESSION-ID', 'two'],
      ['traceparent', `00-${TRACE}-${SPAN}-01`],
      ['traceparent', `00-${TRACE}-${SPAN}-01`],
    ];
    const identity = identify({ requestHeaders, requestBody: null, runId: null });
    expect(identity).toMatchObject({ session_id: 'one', parent_span_id: null, trace_id: 'one' });
  });

  it('reads nothing of tracestate', () => {
    expect(new Set(Object.values(identityOf({ tracestate: 'session.id=s,vendor=1' })))).toEqual(new Set([null]));
  });

  describe('session of an Anthropic body', () => {
    const userId = 'user_abc_account_def_session_6e0f8c1a-1111-4222-8333-944445555666';
    const session = '6e0f8c1a-1111-4222-8333-944445555666';

    it('reads it behind the last _session_', () => {
      expect(identityOf({}, `{"model":"m","metadata":{"user_id":"${userId}"}}`).session_id).toBe(session);
    });

    it('reads it from a user_id that is JSON itself', () => {
      const inner = JSON.stringify({ device_id: 'd', account_uuid: '', session_id: session });
      expect(identityOf({}, JSON.stringify({ metadata: { user_id: inner } }, null, 2)).session_id).toBe(session);
    });

    it('finds it at either end of a large body', () => {
      const history = JSON.stringify('x'.repeat(400_000));
      const metadata = `"metadata":{"user_id":"${userId}"}`;
      expect(identityOf({}, `{${metadata},"messages":[${history}]}`).session_id).toBe(session);
      expect(identityOf({}, `{"messages":[${history}],${metadata}}`).session_id).toBe(session);
    });

    it('is not misled by others who name a member so', () => {
      const schema = { type: 'object', properties: { user_id: { type: 'string' } } };
      const asked = { type: 'tool_use', input: { user_id: 'a_session_b' } };
      const body = { metadata: { user_id: userId }, tools: [{ input_schema: schema }], messages: [asked] };
      expect(identityOf({}, JSON.stringify(body)).session_id).toBe(session);
      expect(identityOf({}, JSON.stringify({ messages: [asked] })).session_id).toBeNull();
    });

    it('prefers the header', () => {
      expect(identityOf({ 'x-session-id': 'h' }, `{"metadata":{"user_id":"${userId}"}}`).session_id).toBe('h');
    });

    it.each([['user_1'], ['user_session_'], ['x_session_../../etc'], ['x_session_a b']])('finds none in %j', (id) => {
      expect(identityOf({}, JSON.stringify({ metadata: { user_id: id } })).session_id).toBeNull();
    });

    it('takes linear time on a hostile body', async () => {
      await expectLinearTime((times) => {
        const body = `{"metadata":{"user_id":"${'\\"session_id'.repeat(times)}`;
        return () => identityOf({}, body);
      }, 40_000);
    });
  });
});
