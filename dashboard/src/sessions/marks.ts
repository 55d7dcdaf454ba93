/** What became of calls, as far as it was seen: tried again, left behind, branched off. Pure. */
import type { Step } from '../api/shapes.ts';

export type Mark = 'retry' | 'retried' | 'fork' | 'superseded';

export function marksOf(steps: readonly Step[]): Map<string, Mark[]> {
  const marks = new Map<string, Mark[]>();
  const mark = (id: string, what: Mark): void => {
    const all = marks.get(id);
    if (all === undefined) marks.set(id, [what]);
    else if (!all.includes(what)) all.push(what);
  };
  const followers = followersOf(steps);
  for (const step of steps) {
    const follows = step.facts?.follows;
    if (follows?.how === 'retries') {
      mark(step.id, 'retry');
      mark(follows.call, 'retried');
    }
    if (follows?.how !== 'forks') continue;
    mark(step.id, 'fork');
    for (const other of followers.get(follows.call) ?? []) {
      // A branch that goes on beside the other is none that was left.
      const branch = other.id === step.id ? [] : branchOf(other, followers);
      if (branch.every(({ started_at: at }) => at < step.started_at))
        for (const { id } of branch) mark(id, 'superseded');
    }
  }
  return marks;
}

/** In the same session: what a sub-agent does is no branch of it. */
function followersOf(steps: readonly Step[]): Map<string, Step[]> {
  const sessionOf = new Map(steps.map(({ id, session }) => [id, session]));
  const followers = new Map<string, Step[]>();
  for (const step of steps) {
    const call = step.facts?.follows?.call;
    if (call === undefined || sessionOf.get(call) !== step.session) continue;
    const all = followers.get(call);
    if (all === undefined) followers.set(call, [step]);
    else all.push(step);
  }
  return followers;
}

function branchOf(first: Step, followers: ReadonlyMap<string, readonly Step[]>): Step[] {
  const branch: Step[] = [];
  const seen = new Set<string>();
  for (const due = [first]; ;) {
    const step = due.pop();
    if (step === undefined) return branch;
    if (seen.has(step.id)) continue;
    seen.add(step.id);
    branch.push(step);
    due.push(...(followers.get(step.id) ?? []));
  }
}
