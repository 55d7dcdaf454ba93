/** Options that mean the same wherever a command has them. */

export const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
export const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export const home = text('The daemon of this folder [the one started last]');
export const json = flag('JSON for programs');
export const yes = flag('Do it');

export const PERIOD = {
  since: text('A time, or 30m, 12h, 7d'),
  until: text('A time, or 30m, 12h, 7d'),
} as const;

/** Which calls. */
export const FILTERS = {
  provider: text('Of this provider'),
  model: text('Of this model'),
  session: text('Of this session'),
  run: text('Of this run'),
  status: text('404, 5xx, ">=400"'),
  ...PERIOD,
} as const;
