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

/** Node's own codes may look like one (`EPIPE`), but come with the call of the system that failed. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

function sqlStateOf(error: unknown): string | null {
  const code = codeOf(error);
  return code !== null && SQLSTATE.test(code) && textAt(error, 'syscall') === null ? code : null;
}

function textAt(error: unknown, name: 'syscall' | 'constraint'): string | null {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** TLS that was asked for and is not to be had, or not to be trusted; a password that is missing: no time mends these. */
const CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_(?:SSL|TLS|OSSL)/;
const WORDS = /^(?:SASL|The server does not support SSL|There was an error establishing an SSL)/;

function verdictOf(error: unknown): Verdict {
  const state = sqlStateOf(error);
  if (state === null) {
    // A file of certificates; the socket of a server that is away is not opened but connected to.
    const isFile = textAt(error, 'syscall') === 'open';
    return isFile || CERTIFICATE.test(codeOf(error) ?? '') || WORDS.test(messageOf(error)) ? 'settings' : 'retry';
  }
  if (state === '23514' && textAt(error, 'constraint') === null) return 'settings';
  return STATES[state] ?? CLASSES[state.slice(0, 2)] ?? 'retry';
}

const NO_PASSWORD = /^SASL.*client password must be/;

const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'check user and password of the address',
  '28000': 'check the user of the address, and pg_hba.conf of the server',
  '3D000': 'create the database, or name another',
  '42501': 'grant CREATE on the database once, or create the schema and the table yourself; then INSERT and SELECT',
};

export function postgresError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const state = sqlStateOf(error);
  const hint = NO_PASSWORD.test(messageOf(error)) ? 'name one in the address' : HINTS[state ?? ''];
  // The addresses of a name that were tried in turn give an error without a message.
  const said = messageOf(error) === '' ? (codeOf(error) ?? 'the connection failed') : messageOf(error);
  const text = `${wordsOf(said)}${state === null ? '' : ` (SQLSTATE ${state})`}${hint === undefined ? '' : `: ${hint}`}`;
  return new DeliveryError(verdictOf(error), text, { cause: error });
}
