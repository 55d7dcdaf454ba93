import { describe, expect, it } from 'vitest';
import { outputFailureOf } from '../../../src/cli/failure.ts';

const left = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

describe('cli/failure', () => {
  it('fails a command whose output does not fit on the disk: half an export must not look like all of it', () => {
    expect(outputFailureOf(full, 'export')).toEqual({
      exitCode: 1,
      line: 'llm-proxy: cannot write to standard output: ENOSPC: no space left on device, write',
    });
  });

  it('ends quietly when the reader of a pipe has left', () => {
    expect(outputFailureOf(left, 'calls')).toEqual({ exitCode: 0, line: null });
  });

  it.each(['start', 'run', '--port', undefined])(
    'lets the daemon and the program of run go on without a reader (%s)',
    (command) => {
      expect([outputFailureOf(left, command), outputFailureOf(full, command)]).toEqual([null, null]);
    },
  );
});
