import type { Billing } from '../core/capture.ts';
import type { ListPrice } from '../core/list-price.ts';
import type { UnitName } from '../core/usage.ts';
import type { FamilyName } from './families/family.ts';
import type { UsageMap } from './families/usage-map.ts';

/**
 * How to add a provider: one file in this folder, named after its id, and nothing else.
 *
 *   export const provider = {
 *     id: 'acme',
 *     title: 'Acme AI',
 *     hosts: ['api.acme.ai'],
 *     intercept: true,
 *     requestIdHeaders: ['x-request-id'],
 *     endpoints: [{ method: 'POST', path: '/v1/chat/completions', operation: 'chat', family: 'openai-chat' }],
 *   } as const satisfies Provider;
 *
 * The registry finds it by scanning the folder, checks it at start and says what is wrong with it. Endpoints of an
 * existing dialect come from `families/*-endpoints.ts`; counts that sit elsewhere than the dialect has them are given
 * as a `usage` map (data, see `families/usage-map.ts`); recorded cases go to `test/providers/cases/`. Users add theirs
 * in the same shape, as TOML.
 */
export interface Provider {
  /** Lower case, `[a-z0-9-]`; the file's name, the log file's name, the id in the API. */
  id: string;
  /** As people write it. */
  title: string;
  /** `example.com` (it and all below it) or `api.*.example.com` (one label per star). */
  hosts: readonly string[];
  /**
   * Where the base URL `/{id}/...` of the proxy port leads, where the first of `hosts` is not it. `null`: each customer
   * has a host of their own, so the URL must name it (`/{id}/{host}/...`).
   */
  base?: string | null;
  /** False: known, but tunnelled until the user names it. */
  intercept: boolean;
  /** First match wins. A path that none matches is metered by what the answer says (POST only). */
  endpoints: readonly Endpoint[];
  /** Response headers with the provider's id of the request, best first. */
  requestIdHeaders?: readonly string[];
  /** How its calls are paid for where the endpoint does not say. Default: `metered`. */
  billing?: Billing;
  /** A gateway: below these paths lie those of other providers. Asked after the provider's own endpoints. */
  inner?: readonly InnerProvider[];
  /** Request headers that mark a subscription (their cost is notional). */
  subscriptionMarks?: readonly HeaderMark[];
  /** Default `model`: chat, embeddings, images, voice. The others are tunnelled until the user names them. */
  kind?: ProviderKind;
  /** Prices that the price table lacks. */
  prices?: readonly ListPrice[];
  /** What of it cannot be metered, and why: sentences for docs/providers.md. */
  limits?: readonly string[];
  /** Set for model servers that people run themselves (their calls are free): the port they listen on by default. */
  localPort?: number;
  /** Models that such a server passes on to the provider's own: they are paid for as `billing` says. `|` and `*`. */
  passedOn?: string;
}

export type ProviderKind = 'model' | 'vector_database' | 'payments' | 'messaging' | 'search' | 'gateway';

/**
 * A provider behind a gateway. The record keeps the gateway as its provider and has the inner one in
 * `dims.inner_provider`, for its prices.
 */
export interface InnerProvider {
  /** What the gateway puts before the inner provider's own paths, as the start of a path pattern. */
  at: string;
  /** Id of its file. */
  provider: string;
  /** What the gateway leaves out of the inner paths, e.g. `/v1`. */
  base?: string;
}

export interface HeaderMark {
  /** Lower case. */
  header: string;
  startsWith: string;
}

/**
 * `inference`: its usage is billed. `count`: counts tokens, bills none. `control`: everything else.
 * `reread`: returns a stored answer again, with its usage. `batch_results`: JSON lines, each with an answer.
 */
export type EndpointKind = 'inference' | 'count' | 'control' | 'reread' | 'batch_results';

/**
 * Where a fact of an exchange is, as text (`families/fact-source.ts` has the grammar and `usage/facts.ts` reads it):
 * `res.body:$.usage.readUnits`, `res.header:character-cost`, `req.body:$.text#codepoints`, `req.query:model`,
 * `req.path:name`, `req.multipart:n`, `const:1`.
 */
export type FactSource = string;

/** A billed quantity that is in no usage object of a dialect. Of several sources the first that is there wins. */
export interface UnitRule {
  unit: UnitName;
  from: FactSource | readonly FactSource[];
}

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | '*' | 'WS';
  /**
   * `{name}` = part of one segment, `{name:a|b}` one of these texts, `{name+}` one segment or more; `{model}` names the
   * model and `{id}` what is fetched; a leading or trailing `**` = any segments.
   */
  path: string;
  /** Only at these of the provider's hosts, as in `Provider.hosts`. */
  hosts?: readonly string[];
  /** Only with these request headers, by their lower-case names: texts as in `ListPrice.model`. */
  headers?: Readonly<Record<string, string>>;
  /** Snake case; the names of the OpenTelemetry GenAI conventions where they have one. */
  operation: string;
  /** Where one path serves many operations: what names them, e.g. `req.path:op`. Its last part is taken, in snake case. */
  operationFrom?: FactSource;
  /** Default `inference`. */
  kind?: EndpointKind;
  /** The dialect when the answer's own marks do not tell. */
  family?: FamilyName;
  /** Replaces the family's map: for counts in places of their own. */
  usage?: UsageMap;
  /** Counts in response headers, by their lower-case names; used where the body states none. */
  headerUsage?: UsageMap;
  units?: readonly UnitRule[];
  /** Where the model is named, when not in `model` of a body or `{model}` of the path. The first that is there wins. */
  model?: readonly FactSource[];
  /** Facts on which the price depends, by the names that `ListPrice.when` uses. */
  dims?: Readonly<Record<string, FactSource | readonly FactSource[]>>;
  /** What the provider says it charged, in USD times `perUsd`. */
  cost?: { from: FactSource | readonly FactSource[]; perUsd: number };
  /** A condition, e.g. `res.body:$.status=completed|done`: units are counted only when it holds (polled jobs). */
  countWhen?: string;
  /** The id under which a job is counted once, however often it is polled. */
  job?: FactSource;
  billing?: Billing;
}

/** An endpoint that a request hit. */
export interface EndpointMatch {
  endpoint: Endpoint;
  /** From `{model}` in the path, percent-decoded. */
  model: string | null;
  /** From `{id}` in the path: what is fetched. */
  id: string | null;
  /** All that the path names, as on the wire. */
  groups: Readonly<Record<string, string | undefined>>;
}
