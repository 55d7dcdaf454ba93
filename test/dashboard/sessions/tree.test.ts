import { describe, expect, it } from 'vitest';
import { breaksBefore } from '../../../dashboard/src/sessions/breaks.ts';
import { marksOf } from '../../../dashboard/src/sessions/marks.ts';
import { buildTree, type Node, pathTo, rowsOf, stepOf } from '../../../dashboard/src/sessions/tree.ts';
import { aFacts, anOutline, aSession, aStep, resultOf } from './steps.ts';

/** `turn 1(call a, call b(agent ses_b(…)))`. */
function told(nodes: readonly Node[]): string[] {
  return rowsOf(nodes, () => true).map(({ node, depth }) => `${'  '.repeat(depth)}${nameOf(node)}`);
}

function nameOf(node: Node): string {
  switch (node.kind) {
    case 'turn':
      return `turn ${node.number}${node.only === null ? '' : ` = ${node.only.step.id}`}`;
    case 'call':
      return node.step.id;
    case 'agent':
      return `agent ${node.session.id}`;
    case 'section':
      return `section ${node.path}`;
    case 'break':
      return `-- ${node.what.what}`;
  }
}

const inSection = (path: string | null) => ({ section_path: path });
const follows = (call: string, how: 'continues' | 'forks' | 'retries') => ({ follows: { call, how } });

describe('dashboard/sessions/tree', () => {
  it('begins a turn where somebody spoke, and keeps calls that bring results in it', () => {
    const steps = [
      aStep('a', 0),
      aStep('b', 1, {}, { tool_results: [resultOf('a')] }),
      aStep('c', 2, {}, { tool_results: [resultOf('b')] }),
      aStep('d', 3),
      aStep('e', 4),
    ];
    expect(told(buildTree(anOutline(steps)))).toEqual(['turn 1', '  a', '  b', '  c', 'turn 2 = d', 'turn 3 = e']);
  });

  it('keeps a retry in the turn of what it retries', () => {
    const steps = [
      aStep('a', 0, { status: 529 }),
      aStep('b', 1, {}, { new_messages: 0, follows: { call: 'a', how: 'retries' } }),
    ];
    const tree = buildTree(anOutline(steps));
    expect(told(tree)).toEqual(['turn 1', '  a', '  b']);
  });

  it('hangs a sub-agent at the call that sent it, with its money in the sums above', () => {
    const steps = [
      aStep('a', 0),
      aStep('b', 1, {}, { tool_results: [resultOf('a')] }),
      aStep('s', 2, { session: 'ses_b', cost_usd: 1 }, { follows: { call: 'b', how: 'delegates' } }),
      aStep('c', 5, {}, { tool_results: [resultOf('b')] }),
    ];
    const tree = buildTree(anOutline(steps, [aSession('ses_a'), aSession('ses_b', 'ses_a')]));
    expect(told(tree)).toEqual(['turn 1', '  a', '  b', '    agent ses_b', '      turn 1 = s', '  c']);
    const [turn] = tree;
    expect(turn?.kind === 'turn' && turn.sums).toMatchObject({ calls: 4, cost: 1.03 });
  });

  it('hangs one of which nobody knows who sent it at the last call of its parent before it', () => {
    const steps = [aStep('a', 0), aStep('s', 3, { session: 'ses_b' }), aStep('b', 5)];
    const tree = buildTree(anOutline(steps, [aSession('ses_a'), aSession('ses_b', 'ses_a')]));
    expect(told(tree)).toEqual(['turn 1', '  a', '    agent ses_b', '      turn 1 = s', 'turn 2 = b']);
  });

  it('puts calls in a row of one section together', () => {
    const steps = [
      aStep('a', 0, inSection(null)),
      aStep('b', 1, inSection('agent:plan'), { tool_results: [resultOf('a')] }),
      aStep('c', 2, inSection('agent:plan'), { tool_results: [resultOf('b')] }),
      aStep('d', 3, inSection('agent:write'), { tool_results: [resultOf('c')] }),
    ];
    expect(told(buildTree(anOutline(steps)))).toEqual([
      'turn 1',
      '  a',
      '  section agent:plan',
      '    b',
      '    c',
      '  section agent:write',
      '    d',
    ]);
  });

  it('shows all sessions of a task by time, and its calls of no session', () => {
    const steps = [
      aStep('a', 0, { session: null }, {}),
      aStep('b', 1, { session: 'ses_b' }),
      aStep('c', 2, { session: 'ses_c' }, { follows: { call: 'b', how: 'delegates' } }),
    ];
    const sessions = [aSession('ses_c', 'ses_b'), aSession('ses_b', 'ses_elsewhere')];
    expect(told(buildTree(anOutline(steps, sessions, 'trace')))).toEqual([
      'a',
      'agent ses_b',
      '  turn 1',
      '    b',
      '      agent ses_c',
      '        turn 1 = c',
    ]);
  });

  it('ends where sessions are each other’s parents', () => {
    const steps = [aStep('a', 0), aStep('b', 1, { session: 'ses_b' })];
    const tree = buildTree(anOutline(steps, [aSession('ses_a', 'ses_b'), aSession('ses_b', 'ses_a')]));
    expect(told(tree)).toContain('  a');
  });

  it('says what changed between two calls', () => {
    const changes = { parts: ['system' as const, 'tools' as const], first_message: null, cache_missed_by: null };
    const after = aStep(
      'b',
      1200,
      { request_model: 'claude-opus-4-5' },
      { messages: 2, follows: { call: 'a', how: 'compacts' }, changes },
    );
    expect(breaksBefore(aStep('a', 0, { facts: aFacts({ messages: 90 }) }), after)).toEqual([
      { what: 'idle', ms: 1_199_500 },
      { what: 'compaction', from: 90, to: 2 },
      { what: 'model', from: 'claude-sonnet-4-5', to: 'claude-opus-4-5' },
      { what: 'system' },
      { what: 'tools' },
    ]);
    expect(breaksBefore(aStep('a', 0), aStep('b', 1, { response_model: 'another-name' }))).toEqual([]);
  });

  it('finds what must be open for a call to be seen', () => {
    const steps = [
      aStep('a', 0),
      aStep('b', 1, {}, { tool_results: [resultOf('a')] }),
      aStep('s', 2, { session: 'ses_b' }, { follows: { call: 'b', how: 'delegates' } }),
    ];
    const tree = buildTree(anOutline(steps, [aSession('ses_a'), aSession('ses_b', 'ses_a')]));
    expect(pathTo(tree, 's')?.map(({ kind }) => kind)).toEqual(['turn', 'call', 'agent']);
    expect(pathTo(tree, 'nowhere')).toBeNull();
    const closed = rowsOf(tree, ({ kind }) => kind !== 'agent');
    expect(closed.some(({ node }) => stepOf(node)?.id === 's')).toBe(false);
    expect(closed.at(-1)).toMatchObject({ isOpen: false, depth: 2 });
  });
});

describe('dashboard/sessions/marks', () => {
  it('marks retries and what they retry', () => {
    const marks = marksOf([aStep('a', 0), aStep('b', 1, {}, follows('a', 'retries'))]);
    expect([...marks]).toEqual([
      ['b', ['retry']],
      ['a', ['retried']],
    ]);
  });

  it('marks as superseded what was left for an earlier point, and nothing that goes on', () => {
    const left = [
      aStep('a', 0),
      aStep('b', 1, {}, follows('a', 'continues')),
      aStep('c', 2, {}, follows('b', 'continues')),
      aStep('d', 3, {}, follows('a', 'forks')),
    ];
    expect(marksOf(left).get('b')).toEqual(['superseded']);
    expect(marksOf(left).get('c')).toEqual(['superseded']);
    expect(marksOf(left).get('d')).toEqual(['fork']);
    const beside = [...left, aStep('e', 4, {}, follows('c', 'continues'))];
    expect(marksOf(beside).get('b')).toBeUndefined();
  });
});
