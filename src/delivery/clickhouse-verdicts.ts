/** What an error of ClickHouse means for the calls: by its own number (src/Common/ErrorCodes.cpp there), else by the status. */
import type { Verdict } from './destination.ts';
import { verdictOf } from './http.ts';

/** Something in the rows themselves; each was seen to be the fault of one value. */
const OF_THE_ROWS: ReadonlySet<number> = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  131, // TOO_LARGE_STRING_SIZE
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  407, // DECIMAL_OVERFLOW
  467, // CANNOT_PARSE_BOOL
  469, // VIOLATED_CONSTRAINT
]);

/** Time mends these: busy, away, out of room; or the table is not what it was, which is seen before the next try. */
const OF_THE_MOMENT: ReadonlySet<number> = new Set([
  3, // UNEXPECTED_END_OF_FILE: the connection was cut
  8, // THERE_IS_NO_COLUMN
  16, // NO_SUCH_COLUMN_IN_TABLE
  33, // CANNOT_READ_ALL_DATA
  47, // UNKNOWN_IDENTIFIER
  60, // UNKNOWN_TABLE
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  164, // READONLY: so is a replica that has lost its keeper
  201, // QUOTA_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  265, // NO_AVAILABLE_REPLICA
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  364, // RECEIVED_ERROR_TOO_MANY_REQUESTS
  394, // QUERY_WAS_CANCELLED
  473, // DEADLOCK_AVOIDED
  517, // CANNOT_ASSIGN_ALTER
  733, // TABLE_IS_BEING_RESTARTED
  745, // SERVER_OVERLOADED
  999, // KEEPER_EXCEPTION
]);

/** Told with 500 by some versions, which is for what passes. */
const OF_THE_SETTINGS: ReadonlySet<number> = new Set([
  36, // BAD_ARGUMENTS
  48, // NOT_IMPLEMENTED
  62, // SYNTAX_ERROR
  81, // UNKNOWN_DATABASE
  115, // UNKNOWN_SETTING
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  194, // REQUIRED_PASSWORD
  195, // IP_ADDRESS_NOT_ALLOWED
  291, // DATABASE_ACCESS_DENIED
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN: a column that somebody made so
  452, // SETTING_CONSTRAINT_VIOLATION
  497, // ACCESS_DENIED
  516, // AUTHENTICATION_FAILED
]);

/** `undici` has header names in lower case. */
const CODE = 'x-clickhouse-exception-code';

/**
 * No status alone makes a call the guilty one: 400 is what a wrong setting gets, too, and whatever answers there when it
 * is not ClickHouse.
 */
export function clickhouseVerdict(status: number, header: (name: string) => string | null): Verdict {
  const code = Number(header(CODE) ?? Number.NaN);
  if (OF_THE_ROWS.has(code)) return 'refused';
  if (OF_THE_MOMENT.has(code)) return 'retry';
  if (Number.isInteger(code)) return status >= 500 && !OF_THE_SETTINGS.has(code) ? 'retry' : 'settings';
  const verdict = verdictOf(status);
  return verdict === 'refused' ? 'settings' : verdict;
}
