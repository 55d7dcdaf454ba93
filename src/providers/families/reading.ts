import type { AssembledOutput } from '../../core/capture.ts';
import { unknownUsage, type Usage, type UsageState } from '../../core/usage.ts';
import type { JsonObject } from './json.ts';
import { applyUsageMap, type UsageMap } from './usage-map.ts';

interface ToolInProgress {
  id: string | null;
  name: string;
  input: string;
}

/** What a family has read of one answer so far. Everything is null until the provider has said it. */
export class Reading {
  model: string | null = null;
  id: string | null = null;
  serviceTier: string | null = null;
  speed: string | null = null;
  region: string | null = null;
  stopReason: string | null = null;
  error: { type: string; message: string } | null = null;
  /** The usage object that counts so far; each family merges into it by its own rules. */
  rawUsage: JsonObject | null = null;
  /** The event after which nothing that counts can come. */
  finished = false;
  usage: Usage = unknownUsage();
  side: { kind: string; model: string | null; usage: Usage }[] = [];
  costUsd: number | null = null;
  /** As the usage map says: parts may exceed input and output. */
  subsetsOfMore = false;
  /** Input tokens of the largest request, where the usage sums several. */
  contextTokens: number | null = null;
  readonly anomalies = new Set<string>();
  firstContentAt: number | null = null;
  /** Time of the message being read. */
  at = 0;
  /** The model that the request's path names. */
  readonly pathModel: string | null;
  /** Room for what a family must remember between messages. */
  readonly memory = new Map<string, unknown>();

  readonly #assembledLength: number;
  #text = '';
  #thinking = '';
  #inputLength = 0;
  readonly #tools = new Map<string, ToolInProgress>();

  constructor(assembledLength: number, pathModel: string | null = null) {
    this.#assembledLength = assembledLength;
    this.pathModel = pathModel;
  }

  /** Something was generated (text, thinking, tool input, audio): the time to the first of it is what people feel. */
  content(): void {
    this.firstContentAt ??= this.at;
  }

  text(piece: unknown): void {
    if (typeof piece !== 'string' || piece === '') return;
    this.content();
    if (this.#text.length < this.#assembledLength) this.#text += piece;
  }

  thinking(piece: unknown): void {
    if (typeof piece !== 'string' || piece === '') return;
    this.content();
    if (this.#thinking.length < this.#assembledLength) this.#thinking += piece;
  }

  /** @param key what ties the pieces of one call together (index, item id). Null names and ids change nothing. */
  tool(key: string, facts: { id?: string | null; name?: string | null; input?: unknown }): void {
    this.content();
    let tool = this.#tools.get(key);
    if (tool === undefined) {
      if (this.#tools.size >= MAX_TOOLS) {
        this.anomalies.add('tool_calls_cut');
        return;
      }
      tool = { id: null, name: '', input: '' };
      this.#tools.set(key, tool);
    }
    tool.id = this.#bounded(facts.id) ?? tool.id;
    tool.name = this.#bounded(facts.name) ?? tool.name;
    if (typeof facts.input !== 'string' || this.#inputLength >= this.#assembledLength) return;
    tool.input += facts.input;
    this.#inputLength += facts.input.length;
  }

  /** The store keeps all names and ids, however many: each must be short. */
  #bounded(text: string | null | undefined): string | null {
    if (text === undefined || text === null || text.length <= MAX_TOOL_NAME) return text ?? null;
    this.anomalies.add('tool_calls_cut');
    return text.slice(0, MAX_TOOL_NAME);
  }

  /** Last stated wins; an empty or absent one erases nothing (first chunks at Azure have `model: ""`). */
  identify(facts: { model?: string | null; id?: string | null; serviceTier?: string | null }): void {
    this.model = facts.model ?? this.model;
    this.id = facts.id ?? this.id;
    this.serviceTier = facts.serviceTier ?? this.serviceTier;
  }

  get hasText(): boolean {
    return this.#text !== '';
  }

  /** So many characters of the end of the text. */
  textEnd(length: number): string {
    return this.#text.slice(-length);
  }

  get thinkingLength(): number {
    return this.#thinking.length;
  }

  /** Name of the tool that was called last. */
  get lastTool(): string | null {
    return [...this.#tools.values()].at(-1)?.name ?? null;
  }

  get toolCount(): number {
    return this.#tools.size;
  }

  /** Characters of tools' input that are still kept. */
  get inputRoom(): number {
    return Math.max(0, this.#assembledLength - this.#inputLength);
  }

  hasToolInput(key: string): boolean {
    return (this.#tools.get(key)?.input ?? '') !== '';
  }

  /**
   * Counts of `rawUsage` by the map; returns them so that the family can correct them.
   * @param stated what the provider wrote, where `rawUsage` had to be completed.
   */
  count(map: UsageMap, state: UsageState, stated: JsonObject | null = this.rawUsage): Usage {
    if (this.rawUsage === null) return this.usage;
    const mapped = applyUsageMap(map, this.rawUsage);
    mapped.usage.raw = isSmall(stated) ? stated : null;
    if (mapped.usage.raw === null) this.anomalies.add('oversized_usage');
    for (const anomaly of mapped.anomalies) this.anomalies.add(anomaly);
    this.costUsd = mapped.costUsd ?? this.costUsd;
    this.subsetsOfMore = map.subsetsOfMore === true;
    mapped.usage.state = state;
    this.usage = mapped.usage;
    return this.usage;
  }

  assembled(): AssembledOutput | null {
    if (this.#text === '' && this.#thinking === '' && this.#tools.size === 0) return null;
    return {
      text: this.#text.slice(0, this.#assembledLength),
      thinking: this.#thinking.slice(0, this.#assembledLength),
      toolCalls: [...this.#tools.values()],
    };
  }
}

const MAX_TOOLS = 1000;
/** Of a tool, or the id of its call; characters. Providers allow 64 to 128. */
const MAX_TOOL_NAME = 1024;

/** Usage objects have a few hundred characters. Sinks write `raw` out: it must be small, and not too deep for that. */
const MAX_RAW = 64 * 1024;

function isSmall(raw: JsonObject | null): boolean {
  try {
    return JSON.stringify(raw).length <= MAX_RAW;
  } catch {
    return false;
  }
}
