/** One call as a section of the text log, made for eyes. Pure: capture -> text. */
import type { AssembledOutput, CallRecord, Capture, CapturedBody, CapturedMessage } from '../core/capture.ts';
import type { TokenCounts } from '../core/usage.ts';
import { escapeLine, escapeText, isSafeLines } from './escape.ts';
import {
  formatCost,
  formatCount,
  formatDuration,
  formatStatus,
  isInexact,
  localDay,
  localTime,
  modelOf,
} from './figures.ts';
import { newMessagesOf } from './new-messages.ts';
import { prettyJson } from './pretty-json.ts';

export type LogBodies = 'full' | 'new' | 'none';

/** All that comes from a client or a provider is indented by this: nothing of it can look like a heading of ours. */
const MARGIN = '  ';

/** Ends with an empty line. In parts: each time that a body is put together with something, all of it is copied. */
export function formatSection({ record, request, response, assembled }: Capture, bodies: LogBodies): string[] {
  return [
    heading(record),
    ...message('>', request, bodies === 'new' ? newMessagesOf(request.body.text) : request.body.text, bodies),
    ...(response === null ? ['< no response\n'] : answer(response, assembled, record.stream, bodies)),
    usageLine(record) +
      costLine(record) +
      contextLine(record) +
      (record.anomalies.length === 0 ? '' : `= anomalies: ${escapeLine(record.anomalies.join(', '))}\n`) +
      errorLine(record),
    '\n',
  ];
}

function heading(record: CallRecord): string {
  const wall = Date.parse(record.started_at);
  const millis = record.started_at.slice(19, 23);
  const parts = [
    `${localDay(wall)} ${localTime(wall)}${millis}`,
    record.id,
    `${record.method} ${record.host}${record.path}`,
    formatStatus(record),
    modelOf(record),
    formatDuration(record.duration_ms),
    record.ttft_ms === null ? '' : `ttft ${formatDuration(record.ttft_ms)}`,
  ];
  return `=== ${escapeLine(parts.filter((part) => part !== '').join('  '))}\n`;
}

function message(
  mark: string,
  { startLine, headers, body }: CapturedMessage,
  text: string | null,
  bodies: LogBodies,
): string[] {
  return [formatHead(mark, startLine, headers), ...formatBody(body, text, bodies)];
}

function formatHead(mark: string, startLine: string, headers: CapturedMessage['headers']): string {
  const heading = `${mark} `;
  let head = heading + startLine;
  for (const [name, value] of headers) head += `\n${heading}${name}: ${value}`;
  // One look at all lines: hardly any head has what must not be shown.
  if (isSafeLines(head, headers.length)) return `${head}\n`;
  const lines = headers.map(([name, value]) => `${heading}${escapeLine(`${name}: ${value}`)}\n`);
  return `${heading}${escapeLine(startLine)}\n${lines.join('')}`;
}

function formatBody(body: CapturedBody, text: string | null, bodies: LogBodies): string[] {
  if (body.wireBytes === 0 && (text === null || text === '')) return [];
  if (bodies === 'none' || text === null) return [`${MARGIN}[${body.wireBytes} bytes, not shown]\n`];
  return [...indented(text), cutLine(body)];
}

function cutLine({ truncated, wireBytes }: CapturedBody): string {
  return truncated ? `${MARGIN}[cut here; ${wireBytes} bytes on the wire]\n` : '';
}

function indented(text: string): string[] {
  const pretty = prettyJson(text, MARGIN);
  if (pretty !== null) return [MARGIN, escapeText(pretty), '\n'];
  const plain = escapeText(text.endsWith('\n') ? text.slice(0, -1) : text);
  return [MARGIN, plain.replaceAll('\n', `\n${MARGIN}`), '\n'];
}

/** A stream is shown put together: its fragments tell people nothing. */
function answer(
  response: CapturedMessage,
  assembled: AssembledOutput | null,
  stream: boolean,
  bodies: LogBodies,
): string[] {
  const isEmpty =
    assembled === null || (assembled.text === '' && assembled.thinking === '' && assembled.toolCalls.length === 0);
  if (!stream || isEmpty || bodies === 'none') return message('<', response, response.body.text, bodies);
  const { thinking, text, toolCalls } = assembled;
  return [
    formatHead('<', response.startLine, response.headers),
    ...(thinking === '' ? [] : ['- thinking\n', ...indented(thinking)]),
    ...(text === '' ? [] : ['- text\n', ...indented(text)]),
    ...toolCalls.flatMap(({ id, name, input }) => [
      `- tool call ${escapeLine(id === null ? name : `${name} (${id})`)}\n`,
      ...indented(input),
    ]),
    cutLine(response.body),
  ];
}

const INPUT_PARTS = [
  ['cache read', 'cache_read_tokens'],
  ['cache write', 'cache_write_tokens'],
  ['tools', 'tool_prompt_tokens'],
  ['audio', 'input_audio_tokens'],
  ['image', 'input_image_tokens'],
] as const;
const OUTPUT_PARTS = [
  ['reasoning', 'reasoning_tokens'],
  ['audio', 'output_audio_tokens'],
  ['image', 'output_image_tokens'],
] as const;

function usageLine(record: CallRecord): string {
  const { usage } = record;
  if (!record.inference && usage.state === 'none') return '';
  if (usage.state === 'none') return '= usage: ? (the provider said nothing)\n';
  const inexact = isInexact(record);
  const part = (parts: readonly (readonly [string, keyof TokenCounts])[]): string => {
    const known = parts.flatMap(([name, field]) => (usage[field] === null ? [] : [`${name} ${usage[field]}`]));
    return known.length === 0 ? '' : ` (${known.join(', ')})`;
  };
  const units = Object.entries(usage.units).map(([unit, amount]) => `, ${unit.replaceAll('_', ' ')} ${amount}`);
  const ours = usage.estimated.map((field) => `, ${field.replace('_tokens', '')} estimated`).join('');
  const origin = `${usage.source ?? 'unknown source'}, ${usage.state}${ours}`;
  return `= usage: in ${formatCount(usage.input_tokens, inexact)}${part(INPUT_PARTS)}, out ${formatCount(usage.output_tokens, inexact)}${part(OUTPUT_PARTS)}${escapeLine(units.join(''))}  [${origin}]\n`;
}

function costLine(record: CallRecord): string {
  if (!record.inference && record.cost_usd === null) return '';
  const { source, price_date: date, confidence } = record.cost;
  const origin = [source, date, confidence].filter((word) => word !== null).join(', ');
  const billing = record.billing === 'metered' ? '' : ` (${record.billing.replaceAll('_', ' ')})`;
  return `= cost: ${formatCost(record)}${billing}${record.cost_usd === null ? '' : `  [${origin}]`}\n`;
}

function contextLine(record: CallRecord): string {
  const fields = [
    ...steeringOf(record),
    ['session', record.session_id],
    ['task', record.task_id],
    ['run', record.run_id],
    ['agent', record.agent],
    ['stop', record.stop_reason],
    ['request', record.request_id],
  ].flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name} ${value}`]));
  return fields.length === 0 ? '' : `= ${escapeLine(fields.join(', '))}\n`;
}

function steeringOf({ mode, leg, steer, comparison_id: comparison }: CallRecord): [string, string | null][] {
  if (steer === null) return [];
  return [
    ['mode', mode],
    ['leg', comparison === null ? null : leg],
    ['rule', steer.rule],
    ['sent to', steer.sent_to],
    ['as', steer.sent_model],
    ['comparison', comparison],
  ];
}

function errorLine({ error }: CallRecord): string {
  return error === null ? '' : `= error: ${escapeLine(`${error.type}: ${error.message}`)}\n`;
}
