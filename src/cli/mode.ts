/** `mode`: asks the running daemon, or switches it. */
import { AppError } from '../core/errors.ts';
import type { ModeState } from '../core/ports.ts';
import { escapeLine } from '../sinks/escape.ts';
import { print, printJson } from './print.ts';
import { ANSWER_MS, type Refused, running } from './read.ts';
import { askDaemon } from './run-api.ts';

export interface ModeArguments {
  home: string | null;
  json: boolean;
  /** Null = just tell. */
  name: string | null;
  change: { target_url?: string; model?: string };
}

const NOT_RUNNING = 3;

export async function modeMain({ home, json, name, change }: ModeArguments): Promise<number> {
  const isChange = name !== null || Object.keys(change).length > 0;
  const daemon = await running(home);
  if (daemon === null) {
    process.stderr.write('llm-proxy: no daemon runs; llm-proxy start --mode sets the mode of the next one\n');
    return NOT_RUNNING;
  }
  const now = (await askDaemon(daemon, 'GET', '/api/mode', null, ANSWER_MS)) as ModeState;
  const asked = { mode: name ?? now.mode, ...change };
  const answer = isChange
    ? ((await askDaemon(daemon, 'PUT', '/api/mode', asked, ANSWER_MS, [400, 403])) as ModeState | Refused)
    : now;
  if ('error' in answer) throw new AppError('config_invalid', answer.error.message);
  if (json) printJson(answer);
  else print(escapeLine(described(answer)));
  return 0;
}

function described({ mode, target_url: url, model, guarded }: ModeState): string {
  const where = url === null ? '' : ` ${url}`;
  const as = model === null ? '' : ` as ${model}`;
  const words = {
    passthrough: `passthrough: calls go where their clients send them${url === null ? '' : ` (target:${where}${as})`}`,
    target: `target: calls go to${where === '' ? ' the targets of [[models]]' : where}${as}`,
    compare: `compare: calls go where their clients send them, copies to${where === '' ? ' the targets of [[models]]' : where}${as}`,
  };
  return words[mode] + (guarded ? '; passthrough takes a start with --allow-anthropic-only' : '');
}
