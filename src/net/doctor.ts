import { DOCTOR_HOST } from '../core/doctor-host.ts';
import type { RecorderPort } from '../core/recorder-port.ts';
import type { ClientConnection } from './types.ts';

type Intercept = (client: ClientConnection) => void;

const NOBODY: RecorderPort = {
  connection() {},
  open() {},
  head() {},
  body() {},
  end: (_exchange, _end, _at, settled) => settled?.(),
};

/** The trials of `doctor` are intercepted like every call, and recorded nowhere: they are no calls of the user. */
export function withoutDoctor(make: (recorder: RecorderPort) => Intercept, recorder: RecorderPort): Intercept {
  const recorded = make(recorder);
  const unrecorded = make(NOBODY);
  return (client) => (client.target.host === DOCTOR_HOST ? unrecorded : recorded)(client);
}
