import type { ApiError } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { moment } from '../../format/time.ts';
import { Empty } from '../../kit/states.tsx';
import type { Side } from './use-body.ts';

interface MissingProps {
  call: CallRecord;
  side: Side;
  /** 404 or 410. */
  error: ApiError;
}

/** Why there is nothing to show of a side. */
export function MissingBody({ call, side, error }: MissingProps) {
  const { title, text } = reasonOf(call, side, error);
  return <Missing title={title} text={text} />;
}

export function Missing({ title, text }: { title: string; text: string }) {
  return (
    <Empty title={title}>
      <p>{text}</p>
      <p className="mt-2">Tokens, cost and timing of the call are kept all the same.</p>
    </Empty>
  );
}

function reasonOf(call: CallRecord, side: Side, error: ApiError): { title: string; text: string } {
  if (error.status === 410) return { title: `The ${side} was deleted`, text: sentence(error.message) };
  if (error.type === 'undecodable') return { title: `The ${side} could not be read`, text: sentence(error.message) };
  if (call.outcome === 'upgraded') {
    return {
      title: 'A connection of its own kind',
      text: 'The two sides agreed to speak otherwise than by HTTP (a WebSocket, say). What went over it from there on was passed on; answers on a WebSocket that could be told apart are calls of their own.',
    };
  }
  if (side === 'response' && call.status === null) {
    return { title: 'No answer came', text: call.error?.message ?? call.outcome.replaceAll('_', ' ') };
  }
  return { title: `The ${side} is not stored`, text: sentence(error.message) };
}

/** What the daemon says, as a sentence; times in it as the rest of the page writes them. */
export function sentence(text: string): string {
  const told = text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, (iso) => moment(iso, new Date()));
  return `${told.slice(0, 1).toUpperCase()}${told.slice(1)}.`;
}
