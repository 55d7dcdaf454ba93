// A month as people have it: working hours of working days, and what they ask for. For pictures of the dashboard.

const HOUR = 3_600_000;
/** How much is done in each hour of a day (UTC). */
const HOURS = [1, 1, 1, 1, 1, 2, 5, 14, 38, 60, 74, 70, 42, 58, 80, 84, 72, 46, 24, 14, 10, 8, 4, 2];
const WEEKEND = 0.12;

/** @returns {(share: number) => number} when the calls have got so far (0 to 1), in milliseconds */
export function officeHours(since, until) {
  const steps = [];
  let sum = 0;
  for (let at = since; at < until; at += HOUR) {
    const date = new Date(at);
    const isFree = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    const weight = HOURS[date.getUTCHours()] * (isFree ? WEEKEND : 1) * (0.7 + 0.6 * fraction(at));
    steps.push({ at, before: sum, weight, length: Math.min(HOUR, until - at) });
    sum += weight;
  }
  return (share) => {
    const done = share * sum;
    const step = steps.findLast(({ before }) => before <= done) ?? steps[0];
    return Math.floor(step.at + (step.length * (done - step.before)) / step.weight);
  };
}

/** The same for the same hour. */
function fraction(at) {
  const value = Math.sin(at / HOUR) * 10_000;
  return value - Math.floor(value);
}

export const TITLES = [
  'Find out why the login test fails on every third run',
  'Move the invoice export to the new API',
  'Explain how the retry queue decides when to give up',
  'Add keyboard navigation to the date picker',
  'Review the migration that splits the address table',
  'Write tests for the price rounding',
  'The build is slow since the last upgrade, find out why',
  'Translate the release notes',
  'Rename account to workspace everywhere',
  'Make the search page work without JavaScript',
  'Upgrade the logging library and fix what breaks',
  'Summarise the support tickets of this week',
  'Draw the data flow of the billing service',
  'Cache the exchange rates for an hour',
  'Remove the feature flag for the new checkout',
  'Why does the worker use two gigabytes of memory?',
  'Document the webhook signature',
  'Sort the table by name without losing the selection',
  'Port the report generator to the new template engine',
  'Check the changelog against the commits',
  'Let the importer go on after a broken line',
  'Find calls to the deprecated client and replace them',
  'Write a runbook for a full disk',
  'Speed up the first page for phones',
  'Group the alerts by customer',
];
