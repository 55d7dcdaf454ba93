/**
 * A session as one page that can be sent to somebody: nothing is loaded from anywhere, nothing runs, all that was
 * captured is text. What was said before stands once, with the call that brought it.
 */
import type { CallRecord } from '../core/capture.ts';
import { isUnpriced } from '../core/totals.ts';
import type { StoredExchange } from '../core/transfer.ts';
import type { MeterDirectory } from './answer-of.ts';
import { exchangeView, type ExchangeView } from './conversation/exchange-view.ts';
import type { ViewMessage } from './conversation/view.ts';
import type { Formatter } from './formats.ts';
import { escaped, visible } from './html/escape.ts';
import { cost, count, duration, usd, whole } from './html/figures.ts';
import { messageHtml, systemHtml, toolsHtml } from './html/parts.ts';
import { POLICY, STYLE } from './html/style.ts';

export interface HtmlOptions {
  /** Of this program. */
  version: string;
  directory: MeterDirectory;
  /** What it is about; null = it has no name. */
  title: string | null;
  bodies: boolean;
}

/** Listed at the top: the calls that cost most. */
const DEAREST = 10;

export function createSessionHtml({ version, directory, title, bodies }: HtmlOptions): Formatter {
  const sums = new Sums();
  return {
    start: () => headHtml(title ?? 'Calls'),
    call: async (exchange) => {
      const place = sums.add(exchange.record);
      return callHtml(exchange.record, place, bodies ? await said(exchange, directory, place.isFirst) : '');
    },
    end: () =>
      `${sums.html()}</main><footer><p class="muted">Exported by llm-proxy ${escaped(version)}.</p></footer></body></html>\n`,
  };
}

function headHtml(title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${escaped(POLICY)}"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main><header><h1 dir="auto">${visible(title)}</h1></header>
`;
}

interface Place {
  /** 1 = the first call of the page. */
  number: number;
  /** The first of its session on the page. */
  isFirst: boolean;
  /** Its session was sent by a call of another one. */
  isBelow: boolean;
  /** Number of the call that it follows; null = none, or it is not on the page. */
  after: number | null;
}

/** What is known of the calls so far; small, however many there are. */
class Sums {
  #shown = 0;
  #calls = 0;
  #unpriced = 0;
  #cost = 0;
  readonly #confidences = new Set<CallRecord['cost']['confidence']>();
  #first: string | null = null;
  #end = 0;
  readonly #numbers = new Map<string, number>();
  /** Whether a session is one below another. */
  readonly #sessions = new Map<string, boolean>();
  readonly #models = new Set<string>();
  #dearest: { number: number; record: CallRecord }[] = [];

  add(record: CallRecord): Place {
    const number = (this.#shown += 1);
    this.#numbers.set(record.id, number);
    // The copy of a comparison counts nowhere.
    if (record.leg !== 'shadow') this.#count(record, number);
    return { number, ...this.#session(record) };
  }

  #count(record: CallRecord, number: number): void {
    this.#calls += 1;
    this.#first ??= record.started_at;
    this.#end = Math.max(this.#end, Date.parse(record.started_at) + record.duration_ms);
    const model = record.response_model ?? record.request_model;
    if (model !== null) this.#models.add(model);
    if (record.cost_usd !== null) {
      this.#cost += record.cost_usd;
      this.#confidences.add(record.cost.confidence);
    } else if (record.inference || isUnpriced(record, null)) this.#unpriced += 1;
    if (record.cost_usd !== null) {
      this.#dearest.push({ number, record });
      this.#dearest.sort((a, b) => (b.record.cost_usd ?? 0) - (a.record.cost_usd ?? 0));
      this.#dearest.length = Math.min(this.#dearest.length, DEAREST);
    }
  }

  #session({ agent_facts: facts, parent_session_id: parent }: CallRecord): Omit<Place, 'number'> {
    if (facts === null) return { isFirst: true, isBelow: false, after: null };
    const isFirst = !this.#sessions.has(facts.session);
    if (isFirst) this.#sessions.set(facts.session, parent !== null || facts.follows?.how === 'delegates');
    const after = facts.follows === null ? null : (this.#numbers.get(facts.follows.call) ?? null);
    return { isFirst, isBelow: this.#sessions.get(facts.session) ?? false, after };
  }

  html(): string {
    if (this.#first === null) return '<section id="summary"><p>No calls.</p></section>';
    const money = moneyText(this.#cost, this.#unpriced, this.#confidences);
    const span = duration(Math.max(0, this.#end - Date.parse(this.#first)));
    const models = [...this.#models].map((model) => visible(model)).join(', ');
    const rows = this.#dearest.map(
      ({ number, record }) =>
        `<tr><td><a href="#call-${number}">${number}</a></td><td>${visible(modelOf(record))}</td><td>${count('input_tokens', record)}</td><td>${count('output_tokens', record)}</td><td>${cost(record)}</td></tr>`,
    );
    return `<section id="summary"><p class="facts">${whole(this.#calls)} ${this.#calls === 1 ? 'call' : 'calls'} · ${money} · ${escaped(this.#first)}, ${span}${models === '' ? '' : ` · ${models}`}</p>
${rows.length < 2 ? '' : `<details><summary>Most expensive calls</summary><table><thead><tr><th>Call</th><th>Model</th><th>In</th><th>Out</th><th>Cost</th></tr></thead><tbody>${rows.join('')}</tbody></table></details>`}</section>
`;
  }
}

function moneyText(cost: number, unpriced: number, confidences: ReadonlySet<CallRecord['cost']['confidence']>): string {
  const isLeast = unpriced > 0 || confidences.has('partial');
  const isGuess = [...confidences].some((confidence) => confidence !== 'exact' && confidence !== 'partial');
  const sum = `${isLeast ? '≥ ' : ''}${isGuess ? '~' : ''}${usd(cost)}`;
  if (unpriced === 0) return sum;
  return cost === 0 ? 'unpriced' : `${sum}, ${whole(unpriced)} without a known price`;
}

function callHtml(record: CallRecord, place: Place, body: string): string {
  const { usage, status, outcome, error } = record;
  const { number } = place;
  const cached = usage.cache_read_tokens ?? 0;
  const facts = [
    escaped(record.started_at),
    status === null || status >= 400 || outcome !== 'complete'
      ? `<span class="bad">${status ?? 'no answer'} ${escaped(outcome.replaceAll('_', ' '))}</span>`
      : String(status),
    `${count('input_tokens', record)} in${cached > 0 ? ` (${whole(cached)} from cache)` : ''}`,
    `${count('output_tokens', record)} out`,
    cost(record),
    duration(record.duration_ms),
    record.section_path === null ? '' : visible(record.section_path),
  ].filter((fact) => fact !== '');
  const trouble = error === null ? '' : `<p class="bad">${visible(error.type)}: ${visible(error.message)}</p>`;
  return `<article id="call-${number}"${place.isBelow ? ' class="sub"' : ''}><h2><a href="#call-${number}">${number}</a> <bdi>${visible(modelOf(record))}</bdi>${record.leg === 'shadow' ? ' (copy)' : ''}</h2><p class="facts">${facts.join(' · ')}</p>${marksOf(record, place)}${trouble}${body}</article>
`;
}

const HOW = {
  continues: null,
  retries: 'the same request again',
  forks: 'goes on from an earlier point',
  compacts: 'goes on behind a summary',
  delegates: 'a sub-agent',
} as const;

function marksOf({ agent_facts: facts }: CallRecord, { after }: Place): string {
  const how = facts?.follows == null ? null : HOW[facts.follows.how];
  if (how === null) return '';
  return `<p class="facts warn">${how}${after === null ? '' : `, after call <a href="#call-${after}">${after}</a>`}</p>`;
}

async function said(exchange: StoredExchange, directory: MeterDirectory, isFirst: boolean): Promise<string> {
  if (exchange.request?.body == null && exchange.response?.body == null)
    return '<p class="muted">What was said is not stored.</p>';
  try {
    return saidHtml(exchange, await exchangeView(exchange, directory), isFirst);
  } catch {
    // Nested deeper than the stack: it costs its own text.
    return '<p class="muted">What was said cannot be read.</p>';
  }
}

function saidHtml({ record }: StoredExchange, view: ExchangeView, isFirst: boolean): string {
  const { request, answer } = view;
  const changed = record.agent_facts?.changes?.parts ?? [];
  const from = view.newFrom ?? 0;
  const fresh = request.messages.slice(from).filter((message) => !isInstruction(message));
  const system = isFirst || changed.includes('system') ? request.messages.filter(isInstruction) : [];
  const tools = isFirst || changed.includes('tools') ? request.tools : [];
  const turns = [...fresh, ...(answer === null ? [] : [answer])];
  const nothing = turns.length === 0 ? '<p class="muted">Nothing that can be shown as a conversation.</p>' : '';
  return `${systemHtml(system, request.media)}${toolsHtml(tools)}${turns.map((turn) => messageHtml(turn, request.media)).join('')}${nothing}`;
}

function isInstruction({ role }: ViewMessage): boolean {
  return role === 'system' || role === 'developer';
}

function modelOf({ response_model: served, request_model: asked, operation, path }: CallRecord): string {
  return served ?? asked ?? operation ?? path;
}
