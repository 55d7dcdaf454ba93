// node --import: shifts the wall clock of a process and its threads by as many milliseconds as a file says, while it runs.
// What passes (performance.now, timers, uptime) goes on as it did, as when somebody sets the clock.
import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env.LLM_PROXY_TEST_CLOCK ?? '';
const LOOK_MS = 20;
let shift = 0;
let lookAt = 0;

function now() {
  const passed = performance.now();
  if (passed >= lookAt) {
    lookAt = passed + LOOK_MS;
    shift = Number(readFileSync(file, 'utf8'));
  }
  return RealDate.now() + shift;
}

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }

  static now() {
    return now();
  }
};
