/** What an error of PostgreSQL means for the calls: by its SQLSTATE (PostgreSQL 15, appendix A), else by Node's code. */
import { codeOf, messageOf } from '../core/errors.ts';
import { DeliveryError, type Verdict } from './destination.ts';
import { wordsOf } from './http.ts';

const STATES: Readonly<Record<string, Verdict>> = {
  // Somebody made a column NOT NULL, or forgot next month's partition (a 23514 without a name, see below): the next call fails as well.
  '23502': 'settings',
  // The table or a column is gone, or another daemon made it at this moment: it is looked at again before the next try.
  '3F000': 'retry',
  '42P01': 'retry',
  '42703': 'retry',
  '42P06': 'retry',
  '42P07': 'retry',
  '42701': 'retry',
  '42710': 'retry',
  '57P04': 'settings',
  // The protocol itself: a server that is none of PostgreSQL's, or a pooler that forbids what we ask of it.
  '08P01': 'settings',
};

/** `retry` is all that is not here: connections (08), resources (53), shutdown and timeouts (57), conflicts (40), locks (55). */
const CLASSES: Readonly<Record<string, Verdict>> = {
  '0A': 'settings',
  '22': 'refused',
  '23': 'refused',
  '28': 'settings',
  '3D': 'settings',
  '42': 'settings',
  '44': 'refused',
  '54': 'refused',
  P0: 'refused',
};

/** Five digits and capitals; Node's own codes look different (`EPIPE` has five capitals, but comes with a `syscall`). */
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function sqlStateOf(error: unknown): string | null {
  const code = codeOf(error);
  if (code === null || !SQLSTATE.test(code)) return null;
  return typeof error === 'object' && error !== null && 'syscall' in error ? null : code;
}

/** TLS that was asked for and is not to be had, or not to be trusted; a password that is missing: no time mends these. */
const CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_(?:SSL|TLS|OSSL)|^ENOENT$|^EACCES$/;
const WORDS = /^(?:SASL|The server does not support SSL|There was an error establishing an SSL)/;

function verdictOf(error: unknown): Verdict {
  const state = sqlStateOf(error);
  if (state === null) {
    return CERTIFICATE.test(codeOf(error) ?? '') || WORDS.test(messageOf(error)) ? 'settings' : 'retry';
  }
  if (state === '23514' && constraintOf(error) === null) return 'settings';
  return STATES[state] ?? CLASSES[state.slice(0, 2)] ?? 'retry';
}

function constraintOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('constraint' in error)) return null;
  return typeof error.constraint === 'string' && error.constraint !== '' ? error.constraint : null;
}

const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'check user and password of the address',
  '28000': 'check the user of the address, and pg_hba.conf of the server',
  '3D000': 'create the database, or name another',
  '42501': 'grant CREATE on the database once, or create the schema and the table yourself; then INSERT and SELECT',
};

export function postgresError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const state = sqlStateOf(error);
  const hint = HINTS[state ?? ''];
  // The addresses of a name that were tried in turn give an error without a message.
  const said = messageOf(error) === '' ? (codeOf(error) ?? 'the connection failed') : messageOf(error);
  const text = `${wordsOf(said)}${state === null ? '' : ` (SQLSTATE ${state})`}${hint === undefined ? '' : `: ${hint}`}`;
  return new DeliveryError(verdictOf(error), text, { cause: error });
}
