/**
 * Requests that arrive parsed: absolute-form ones (`http://`, and `https://` from clients that send those to a proxy),
 * those of intercepted connections on which calls may be changed, and the few paths of our own on the proxy port.
 * It re-serialises, so it is strict where the relay is lenient.
 */
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../core/errors.ts';
import { formatAuthority } from '../core/hosts.ts';
import type { BaseUrls } from '../gateway/base-urls.ts';
import type { BedrockTarget } from '../gateway/bedrock.ts';
import type { Outlook } from '../gateway/steering.ts';
import { isLoopback } from './addresses.ts';
import type { BedrockSigner } from './bedrock-signing.ts';
import { endToEndHeaders, framingProblem, pairsOf, withoutContextHeaders } from './end-to-end.ts';
import { ExchangeRows } from './exchange-rows.ts';
import { forward } from './forward.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { forwardUpgrade } from './forward-upgrade.ts';
import { decideAbsolute, type PolicyRules, reachOf } from './policy.ts';
import { type Refusal, refuseRequest, refuseSocket } from './refusal.ts';
import { originForm, parseRequestTarget, type RequestTarget } from './request-target.ts';
import { SteeredCalls, type SteeredCallsOptions } from './steered-calls.ts';
import type { ClientConnection, NetDeps, Reach, Target } from './types.ts';
import { type UpstreamLane, UpstreamLanes } from './upstream-agents.ts';
import { Crowd, ROUND } from './via.ts';
import type { UsageInclusions, UsageRequest } from './usage-inclusion.ts';

export interface EngineDeps {
  net: NetDeps;
  rules: PolicyRules;
  /** Where the admin API listens; null = it does not. */
  admin(): { host: string; port: number } | null;
  runIdOf(socket: Socket): string | null;
  /** Our own address, for the text that explains how to use the proxy. */
  proxyUrl(): string;
  inclusions: UsageInclusions;
  /** Where requests in origin form go; null = nowhere. */
  baseUrls: BaseUrls | null;
  bedrock: BedrockSigner | null;
  /** Null = every call passes. */
  steer: SteerOptions | null;
}

/** What the modes need beside the net thread's own. */
export type SteerOptions = Pick<SteeredCallsOptions, 'steering' | 'targets'>;

/** Where a request goes on to. */
interface Onward {
  scheme: 'http' | 'https';
  authority: Target;
  /** As the upstream gets it. */
  path: string;
  /** In place of the value of `Host`; undefined = that stays. */
  host?: string;
  provider: string | null;
  runId: string | null;
  /** False = forwarded only. */
  recorded: boolean;
  upgrade: boolean;
  /** It came to a base URL: context headers of any maker are meant for us. */
  isBaseUrl?: boolean;
  /** It is signed for this on its way. */
  sign?: BedrockTarget;
  /** It came to no base URL of a provider. */
  isUnknown?: boolean;
  /** Absent = anywhere. */
  reach?: Reach;
}

const MAX_HEADERS = 2000;
/** By whole segments, none of them `.` or `..`: the admin API resolves those, and would answer for any of its paths. */
const ADMIN_PATHS = /^\/(?:health(?:\/[\w-]+)*\/?|ca\.pem|api\/stats|api\/mode|api\/tracing)(?:\?|$)/;
/** Paths that answer anybody. The others change or show more, so they are for this machine, whoever else may use the proxy. */
const OPEN_PATHS = /^\/(?:health|ca\.pem|api\/stats)(?:[/?]|$)/;

export class HttpEngine {
  readonly #deps: EngineDeps;
  readonly #lanes: UpstreamLanes;
  readonly #adminAgent = new Agent({ keepAlive: false });
  readonly #latest = new WeakMap<Socket, ServerResponse>();
  readonly #intercepted = new WeakMap<Socket, ClientConnection>();
  readonly #steered: SteeredCalls | null;
  /** At servers of plain http that the configuration names. */
  readonly #crowd: Crowd;

  constructor(deps: EngineDeps) {
    const { net, steer } = deps;
    this.#deps = deps;
    this.#lanes = new UpstreamLanes(net.upstream, net.recorder);
    this.#crowd = new Crowd(net.via);
    this.#steered = steer === null ? null : new SteeredCalls({ ...steer, net, lanes: this.#lanes });
  }

  /** Ends what no client waits for. */
  close(): void {
    this.#steered?.close();
  }

  /** One at a time on each client connection: node:http hands out pipelined requests all at once, but they have an order. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const earlier = this.#latest.get(request.socket);
    this.#latest.set(request.socket, response);
    // It has the socket when it is its turn, which never comes behind an answer that ends the connection.
    if (response.socket !== null) this.#serve(request, response);
    else earlier?.once('close', () => response.socket !== null && this.#serve(request, response));
  }

  /** From here on, requests on this socket are those of an intercepted connection, and go where it goes. */
  adopt(socket: Socket, client: ClientConnection): void {
    this.#intercepted.set(socket, client);
    this.#lanes.cameThrough(socket, client.passed);
    // Where a call may be for somebody else, its provider is not dialled before that is known.
    if (this.#outlook(client.provider) !== 'read') this.#lanes.laneOf(socket, 'https', client.target).agent.prepare();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.socket.destroyed) return;
    try {
      const plan = this.#plan(request, false);
      if ('status' in plan) refuseRequest(request, response, plan);
      else forward(request, response, plan);
    } catch (error) {
      this.#failed(error);
      request.socket.destroy();
    }
  }

  handleUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => {});
    try {
      const plan = this.#plan(request, true);
      if ('status' in plan) refuseSocket(socket, plan);
      else {
        forwardUpgrade({ request, socket, head }, plan, this.#deps.net);
        this.#deps.net.unread?.add(socket, () => this.#steered?.guards(plan.provider) === true);
      }
    } catch (error) {
      this.#failed(error);
      socket.destroy();
    }
  }

  #plan(request: IncomingMessage, upgrade: boolean): ForwardPlan | Refusal {
    const client = this.#intercepted.get(request.socket);
    if (client !== undefined) return this.#planIntercepted(request, client, upgrade);
    const target = parseRequestTarget(request.url ?? '');
    if (target.form !== 'origin') return this.#planAbsolute(request, target, upgrade);
    if (!upgrade && ADMIN_PATHS.test(target.path)) return this.#planOwn(request, target.path);
    return this.#planBaseUrl(request, target.path, upgrade);
  }

  #planBaseUrl(request: IncomingMessage, path: string, upgrade: boolean): ForwardPlan | Refusal {
    const route = this.#deps.baseUrls?.route({ path, headers: pairsOf(request.rawHeaders) }) ?? null;
    if (route === null) return this.#unknownPath(path);
    const problem = framingOf(request);
    if (problem !== null) {
      this.#count('refuse', 'request_malformed');
      return problem;
    }
    if (this.#deps.net.via?.isRound(request.headers.via) === true) {
      this.#count('refuse', 'loop');
      return ROUND;
    }
    if (route.action === 'refuse') {
      this.#count('refuse', 'base_url');
      return route;
    }
    if (upgrade && route.sign !== undefined) return malformed('what is signed here takes no upgrade');
    const verdict = decideAbsolute(route.authority, this.#deps.rules);
    if (verdict.action === 'refuse') {
      this.#count('refuse', verdict.code);
      return { status: verdict.status, type: verdict.code, message: verdict.message };
    }
    this.#count('intercept', 'base_url');
    // What the user keeps out of the records by name stays out, whichever way it comes.
    const recorded = verdict.action === 'intercept' || verdict.reason !== 'user_list';
    const runId = this.#deps.runIdOf(request.socket);
    return this.#planOnward(request, { ...route, runId, recorded, upgrade, isBaseUrl: true });
  }

  /** As on the relay, the target stays as the client wrote it: the connection says where it goes. */
  #planIntercepted(request: IncomingMessage, client: ClientConnection, upgrade: boolean): ForwardPlan | Refusal {
    const problem = framingOf(request);
    if (problem !== null) return problem;
    const { target: authority, provider, runId } = client;
    const path = request.url ?? '/';
    return this.#planOnward(request, { scheme: 'https', authority, path, provider, runId, recorded: true, upgrade });
  }

  #planAbsolute(request: IncomingMessage, target: RequestTarget, upgrade: boolean): ForwardPlan | Refusal {
    if (target.form !== 'absolute') {
      this.#count('refuse', 'request_malformed');
      return malformed(target.form === 'malformed' ? target.message : 'the request target is not absolute');
    }
    const problem = framingOf(request);
    if (problem !== null) {
      this.#count('refuse', 'request_malformed');
      return problem;
    }
    const verdict = decideAbsolute(target.authority, this.#deps.rules);
    if (verdict.action === 'refuse') {
      this.#count('refuse', verdict.code);
      return { status: verdict.status, type: verdict.code, message: verdict.message };
    }
    this.#count(verdict.action, verdict.action === 'intercept' ? 'absolute' : verdict.reason);
    const recorded = verdict.action === 'intercept';
    const provider = recorded ? verdict.provider : null;
    const { remoteAddress = '' } = request.socket;
    return this.#planOnward(request, {
      ...target,
      provider,
      runId: this.#deps.runIdOf(request.socket),
      recorded,
      upgrade,
      reach: reachOf(remoteAddress, target.authority, this.#deps.rules),
    });
  }

  #planOnward(request: IncomingMessage, onward: Onward): ForwardPlan | Refusal {
    const refusal = this.#refusalOf(request, onward);
    if (refusal !== null) return refusal;
    const { scheme, authority, path, host, upgrade } = onward;
    const lane = this.#lanes.laneOf(request.socket, scheme, authority, 'client', onward.reach);
    const told = endToEndHeaders(request.rawHeaders, { ...(host === undefined ? {} : { host }), upgrade });
    const outlook = upgrade ? 'pass' : this.#outlook(onward.provider);
    const rows = this.#openRows(request, onward, lane, { outlook, told });
    const kept = withFraming(request, withoutContextHeaders(told, this.#deps.net.context, onward.isBaseUrl));
    const mayReturn = onward.isBaseUrl === true && scheme === 'http';
    const headers = mayReturn ? this.#crowd.passedOn(kept, request.socket) : kept;
    const holdsEnd = rows !== null && this.#deps.net.strict === true;
    const changed = this.#changed(request, onward, headers);
    const { provider } = onward;
    const plan = { agent: lane.agent, ...authority, path, provider, ...changed, rows, holdsEnd, copy: null };
    if (upgrade || this.#steered === null) return plan;
    const stays = (): void => rows?.bind(this.#connectionOf(request, onward, lane), lineOf(request, path), told);
    const { socket, method = '', httpVersion } = request;
    const call = { ...onward, path: originForm(path), socket, method, httpVersion, headers, told, rows, stays };
    return {
      ...plan,
      ...this.#steered.changes(call, { outlook, edit: plan.edit, isBaseUrl: onward.isBaseUrl === true }),
    };
  }

  #outlook(provider: string | null): Outlook {
    return this.#steered?.outlook(provider) ?? 'pass';
  }

  /** Null = it may go on. */
  #refusalOf(request: IncomingMessage, { provider, upgrade, isBaseUrl, isUnknown }: Onward): Refusal | null {
    const steered = this.#steered;
    if (steered === null) return null;
    if (isUnknown === true && steered.isGuarding) return this.#unknownPath(request.url ?? '');
    if (steered.outlook(provider) === 'pass') return null;
    if (upgrade) return steered.refusalOf(provider);
    if (isBaseUrl !== true || this.#deps.baseUrls?.isForeign(pairsOf(request.rawHeaders)) !== true) return null;
    const message = 'a page of another site may not call this: if it is yours, add its name to admin.allowed_hosts';
    return { status: 403, type: 'origin_not_allowed', message };
  }

  /** What the user asked for. @param headers as they go on otherwise. */
  #changed(
    request: IncomingMessage,
    onward: Onward,
    headers: readonly string[],
  ): Pick<ForwardPlan, 'headers' | 'edit'> {
    const { provider, sign, upgrade } = onward;
    const { bedrock, inclusions } = this.#deps;
    if (sign !== undefined && bedrock !== null) return bedrock.plan(request.method ?? '', sign, headers);
    if (upgrade || provider === null) return { headers, edit: null };
    return { headers, edit: inclusions.editOf(shapeOf(request, onward, provider, headers)) };
  }

  /** Null = it is not recorded. Where its upstream is not known yet, its head is told with that. */
  #openRows(
    request: IncomingMessage,
    onward: Onward,
    lane: UpstreamLane,
    { outlook, told }: { outlook: Outlook; told: readonly string[] },
  ): ExchangeRows | null {
    if (!onward.recorded) return null;
    const { recorder, exchanges, clock } = this.#deps.net;
    if (outlook === 'read') return new ExchangeRows(recorder, clock, exchanges.next(), null);
    const rows = new ExchangeRows(recorder, clock, exchanges.next(), this.#connectionOf(request, onward, lane));
    rows.requestHead(lineOf(request, onward.path), told);
    return rows;
  }

  /** As told to the recorder, once for each connection of a client to a provider. */
  #connectionOf(request: IncomingMessage, onward: Onward, lane: UpstreamLane): number {
    const { recorder, connections } = this.#deps.net;
    const { scheme, authority, provider, runId, sign } = onward;
    const key = `${provider ?? ''}${sign === undefined ? '' : ' signed'}`;
    const known = lane.connections.get(key);
    if (known !== undefined) return known;
    const connection = connections.next();
    lane.connections.set(key, connection);
    recorder.connection({
      connection,
      scheme,
      ...authority,
      provider,
      runId,
      clientAddress: request.socket.remoteAddress ?? null,
      ...(sign === undefined ? {} : { signed: true }),
    });
    return connection;
  }

  /** Paths on the proxy port: the admin API answers a few of them, by the rules of its own port (`Host`, token). */
  #planOwn(request: IncomingMessage, path: string): ForwardPlan | Refusal {
    const admin = this.#deps.admin();
    if (admin === null) return this.#unknownPath(path);
    const problem = framingOf(request);
    if (problem !== null) return problem;
    const { remoteAddress = '' } = request.socket;
    const open = OPEN_PATHS.test(path) && (request.method === 'GET' || request.method === 'HEAD');
    if (!open && !isLoopback(remoteAddress)) {
      return {
        status: 403,
        type: 'client_not_allowed',
        message: `${path.split('?', 1)[0]} is for programs on the machine of the proxy`,
      };
    }
    const headers = withFraming(request, endToEndHeaders(request.rawHeaders));
    return {
      agent: this.#adminAgent,
      ...admin,
      path,
      provider: null,
      headers,
      rows: null,
      edit: null,
      copy: null,
      holdsEnd: false,
    };
  }

  #unknownPath(path: string): Refusal {
    this.#count('refuse', 'unknown_path');
    const url = this.#deps.proxyUrl();
    const message =
      `This is a proxy, not a web server: it has nothing at ${path.split('?', 1)[0]?.slice(0, 100)}. ` +
      `Use it with "llm-proxy run -- your-command", or set HTTPS_PROXY=${url} and HTTP_PROXY=${url} and trust its CA ("llm-proxy env" prints both), ` +
      `or as a base URL: ${url}/openai/v1, ${url}/anthropic`;
    return { status: 404, type: 'not_a_web_server', message };
  }

  /** @param reason one of a fixed set of literals. */
  #count(verdict: 'intercept' | 'tunnel' | 'refuse', reason: string): void {
    this.#deps.net.counters.add('connections', `verdict="${verdict}",reason="${reason}"`);
  }

  #failed(error: unknown): void {
    this.#deps.net.counters.add('internal_errors', 'part="http_engine"');
    this.#deps.net.log.error({ error: messageOf(error) }, 'a request failed inside the proxy');
  }
}

function lineOf({ method, httpVersion }: IncomingMessage, path: string): string {
  return `${method} ${path} HTTP/${httpVersion}`;
}

function framingOf(request: IncomingMessage): Refusal | null {
  if (request.rawHeaders.length > MAX_HEADERS * 2) {
    return { status: 431, type: 'head_too_large', message: `The request has more than ${MAX_HEADERS} headers` };
  }
  const problem = framingProblem(request.rawHeaders, request.httpVersion);
  return problem === null ? null : malformed(problem);
}

function shapeOf(
  request: IncomingMessage,
  { authority, path }: Onward,
  provider: string,
  headers: readonly string[],
): UsageRequest {
  const target = parseRequestTarget(path);
  return {
    provider,
    authority: formatAuthority(authority),
    method: request.method ?? '',
    path: target.form === 'malformed' ? '' : target.path,
    headers,
  };
}

/** A POST without a body says so, or node:http would announce chunks (RFC 9110 8.6). */
function withFraming(request: IncomingMessage, headers: string[]): string[] {
  const framed = headers.some((text, index) => index % 2 === 0 && /^(?:content-length|transfer-encoding)$/i.test(text));
  const bodyless = ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'].includes(request.method ?? '');
  return framed || bodyless ? headers : [...headers, 'Content-Length', '0'];
}

function malformed(message: string): Refusal {
  return { status: 400, type: 'request_malformed', message: `The request is not forwarded: ${message}` };
}
