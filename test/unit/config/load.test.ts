import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, type Env, homeOf, loadConfig } from '../../../src/config/load.ts';
import { AppError } from '../../../src/core/errors.ts';

let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-config-'));
  home = join(folder, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = (more: Env = {}): Env => ({ HOME: folder, ...more });
const write = (text: string, name = 'c.toml'): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const load = (flags: Record<string, unknown> = {}, more: Env = {}) =>
  loadConfig({ flags: { home, ...flags }, env: env(more), cwd: folder });
const config = (flags?: Record<string, unknown>, more?: Env): Config => load(flags, more).config;
const problem = (flags: Record<string, unknown>, more: Env = {}): string => {
  try {
    load(flags, more);
  } catch (error) {
    if (error instanceof AppError && error.code === 'config_invalid') return error.message.replaceAll(folder, '');
    throw error;
  }
  return 'no error';
};

describe('config/load', () => {
  it('puts flags over variables over the file over defaults', () => {
    const file = write('port = 1\nadmin_port = 1\nlog_level = "error"\nhost = "10.0.0.1"\n');
    const { port, admin_port, log_level, host, admin_host } = config(
      { config: file, port: '3' },
      { LLM_PROXY_PORT: '2', LLM_PROXY_ADMIN_PORT: '2' },
    );
    expect({ port, admin_port, log_level, host, admin_host }).toEqual({
      port: 3,
      admin_port: 2,
      log_level: 'error',
      host: '10.0.0.1',
      admin_host: '127.0.0.1',
    });
  });

  it('reads yes and no, and nothing else for them', () => {
    expect(config().usage.estimate).toBe(true);
    expect(config({ config: write('[usage]\nestimate = false\n') }).usage.estimate).toBe(false);
    expect(config({}, { LLM_PROXY_USAGE__ESTIMATE: '0' }).usage.estimate).toBe(false);
    expect(problem({}, { LLM_PROXY_USAGE__ESTIMATE: 'maybe' })).toMatch(/ESTIMATE must be true or false/);
  });

  it('reads nested keys from variables with two underscores', () => {
    const { logs, admin } = config(
      {},
      { LLM_PROXY_LOGS__BODIES: 'new', LLM_PROXY_LOGS__MAX_FILE_BYTES: '2 MB', LLM_PROXY_ADMIN__ALLOWED_HOSTS: 'a, b' },
    );
    expect(logs).toMatchObject({ bodies: 'new', max_file_bytes: 2_000_000, max_total_bytes: 1024 ** 3 });
    expect(admin.allowed_hosts).toEqual(['a', 'b']);
  });

  it('takes an empty variable for an absent one', () => {
    expect(config({}, { LLM_PROXY_PORT: '', LLM_PROXY_UPSTREAM_PROXY: '' })).toMatchObject({
      port: 8080,
      upstream_proxy: null,
    });
  });

  it('takes relative paths from the home, the file or the current folder, by where they stand', () => {
    mkdirSync(join(folder, 'etc'));
    const file = write('db = "x.db"\nupstream_ca = ["roots.pem"]\n', 'etc/c.toml');
    const found = config({ config: file, certs_dir: 'public' });
    expect(found).toMatchObject({
      log_dir: join(home, 'logs'),
      db: join(folder, 'etc', 'x.db'),
      upstream_ca: [join(folder, 'etc', 'roots.pem')],
      certs_dir: join(folder, 'public'),
    });
  });

  it('finds the file by flag, variable, home, then XDG folder, and never in the current folder', () => {
    write('port = 1\n', 'llm-proxy.toml');
    expect(load().file).toBeNull();
    mkdirSync(join(folder, '.config', 'llm-proxy'), { recursive: true });
    const xdg = write('port = 2\n', '.config/llm-proxy/config.toml');
    expect(load()).toMatchObject({ file: xdg, config: { port: 2 } });
    for (const given of ['', 'relative']) expect(load({}, { XDG_CONFIG_HOME: given }).file).toBe(xdg);
    const own = write('port = 3\n', 'home/llm-proxy.toml');
    expect(load()).toMatchObject({ file: own, config: { port: 3 } });
    const named = write('port = 4\n', 'named.toml');
    expect(load({}, { LLM_PROXY_CONFIG: 'named.toml' })).toMatchObject({ file: named, config: { port: 4 } });
    expect(load({ config: own }, { LLM_PROXY_CONFIG: 'named.toml' }).file).toBe(own);
  });

  it('finds the home by flag, variable, then ~/.llm-proxy', () => {
    expect(homeOf('h', env({ LLM_PROXY_HOME: '/v' }), folder)).toBe(join(folder, 'h'));
    expect(homeOf(undefined, env({ LLM_PROXY_HOME: 'v' }), folder)).toBe(join(folder, 'v'));
    expect(homeOf(undefined, env(), '/elsewhere')).toBe(join(folder, '.llm-proxy'));
    for (const HOME of ['', '.']) expect(homeOf(undefined, { HOME }, '/elsewhere')).toMatch(/^\/.*\.llm-proxy$/);
  });

  it('reads local model servers from tables and from a variable', () => {
    const file = write('[[local]]\nprovider = "vllm"\nhost = "GPU.lan."\nport = 8000\n');
    expect(config({ config: file }).local).toEqual([{ provider: 'vllm', host: 'gpu.lan', port: 8000 }]);
    expect(config({}, { LLM_PROXY_LOCAL: 'ollama=127.0.0.1:11434, vllm=gpu.lan:8000' }).local).toHaveLength(2);
  });

  it.each([
    ['port = "x"', '/c.toml:1: port must be a port from 0 to 65535'],
    ['\nport = 65536', '/c.toml:2: port must be a port from 0 to 65535'],
    ['prot = 1', '/c.toml:1: unknown key prot; did you mean port?'],
    ['[logs]\n\nbodis = "x"', '/c.toml:3: unknown key logs.bodis; did you mean logs.bodies?'],
    ['logs.bodis = "x"', '/c.toml:1: unknown key logs.bodis; did you mean logs.bodies?'],
    ['logs = { bodis = "x" }', '/c.toml:1: unknown key logs.bodis; did you mean logs.bodies?'],
    ['host = "h"\nlogs = 5', '/c.toml:2: unknown key logs; it is a table: [logs]'],
    ['port = 9000\nadmin_port = 9000', 'port and admin_port are both 9000'],
    ['[nothing]', '/c.toml:1: unknown key nothing'],
    ['[logs]\nbodies = "all"', '/c.toml:2: logs.bodies must be one of full, new, none'],
    [
      '[logs]\nmax_file_bytes = "5 apples"',
      '/c.toml:2: logs.max_file_bytes must be a size such as 500000, "64MiB" or "1GB"',
    ],
    ['[logs]\nmax_age_days = 1.5', '/c.toml:2: logs.max_age_days must be a whole number from 0 on, without a unit'],
    ['intercept = [1]', '/c.toml:1: intercept must be a list of texts'],
    ['host = ""', '/c.toml:1: host must be a text that is not empty'],
    ['port = 1\nport = 2', '/c.toml:2: trying to redefine an already defined table or value'],
    ['port = ', '/c.toml:1: invalid value'],
    [
      '[[local]]\nprovider = "ollama"\nhost = "h"\nprot = 1',
      '/c.toml:1: local must be like [[local]] provider = "ollama", host = "127.0.0.1", port = 11434; there is no prot',
    ],
    ['[[local]]\nprovider = "ollama"\nhost = "a b"\nport = 1', '/c.toml:1: local must be a host, which a b is not'],
    [
      'admin_host = "0.0.0.0"\n[admin]\nauth = "none"',
      'admin.auth = "none" is for loopback only, and admin_host is 0.0.0.0',
    ],
    [
      'admin_host = "127.evil.example"\n[admin]\nauth = "none"',
      'admin.auth = "none" is for loopback only, and admin_host is 127.evil.example',
    ],
  ])('refuses %j, saying what and where', (text, message) => {
    expect(problem({ config: write(text) })).toBe(message);
  });

  it('names the flag or the variable that is wrong', () => {
    expect(problem({ admin_port: 'x' })).toBe('--admin-port must be a port from 0 to 65535');
    expect(problem({}, { LLM_PROXY_LOGS__BODIES: 'x' })).toBe('LLM_PROXY_LOGS__BODIES must be one of full, new, none');
    expect(problem({}, { LLM_PROXY_LOCAL: 'ollama' })).toBe('LLM_PROXY_LOCAL must be like ollama=127.0.0.1:11434');
  });

  it('refuses two homes and two files', () => {
    expect(problem({ home: ['a', 'b'] })).toBe('--home is given twice');
    expect(problem({ config: ['a', 'b'] })).toBe('--config is given twice');
  });

  it('refuses a named file that is not there', () => {
    expect(problem({ config: 'gone.toml' })).toMatch(/^the configuration cannot be read: ENOENT/);
  });

  it("warns of keys of later versions and of earlier programs' files, and goes on", () => {
    const file = write(
      'port = 9\nbudgets = 1\nexplore_port = 1\n[loki]\nenabled = true\n[server]\nlisten_address = "x"\n',
    );
    const { config: found, warnings } = load({ config: file });
    expect(found.port).toBe(9);
    expect(warnings.map((warning) => warning.replace(file, ''))).toEqual([
      ':2: budgets is not in this version and has no effect',
      ':3: explore_port is not in this version and has no effect',
      ':7: server.listen_address has no effect here: docs/migrate.md',
      ': this is a file of the Go llm-proxy, so session logs are written as that one did; session_log.enabled says otherwise',
    ]);
  });

  it.each([
    ['bedrock_region = "us-west-2"\n', true],
    ['bedrock_region = "us-west-2"\n[logs]\nbodies = "none"\n', false],
    ['explore_port = 9090\n', true],
    ['[loki]\nurl = "http://loki:3100"\nbatch_wait = "5s"\n', true],
    ['[loki]\nurl = "http://loki:3100"\n', false],
    ['[loki]\nurl = "http://loki:3100"\nauth_token = "t"\n', false],
    ['[loki]\nenabled = true\nurl = "http://loki:3100"\nauth_token = "t"\n', true],
    ['mode = "compare"\n[loki]\nenabled = true\nurl = "http://loki:3100"\nauth_token = "t"\n', false],
    ['port = 9\nlog_dir = "logs"\n', false],
    ['explore_port = 9090\n[session_log]\nenabled = false\n', false],
    ['[session_log]\nenabled = true\n', true],
  ])('writes session logs for the file %j: %s', (text, expected) => {
    expect(load({ config: write(text) }).config.session_log).toEqual({ enabled: expected, dir: null });
  });

  it('reads the file of cc-proxy: its address, its servers, and that all goes to the target', () => {
    const file = write(`[server]
listen_address = "0.0.0.0:3080"
[target]
timeout_secs = 120
max_concurrent = 7
temperature = 0.6
[passthrough]
url = "https://gateway.example"
timeout_secs = 300
passthrough_auth = true
[tracing]
service_name = "cc-proxy"
otlp_endpoint = "http://localhost:4317"
log_level = "debug"
[[models]]
id = "glm"
target_url = "http://127.0.0.1:8000"
`);
    const { config: found, warnings } = load({ config: file });
    expect(found).toMatchObject({
      host: '0.0.0.0',
      port: 3080,
      mode: 'target',
      log_level: 'debug',
      anthropic_backend: 'https://gateway.example',
      passthrough_url: 'https://gateway.example',
      target: { timeout_secs: 120, max_concurrent: 7, temperature: 0.6, retries: 1 },
      models: [{ id: 'glm' }],
      otlp: { url: 'http://localhost:4317', protocol: 'grpc', service_name: 'cc-proxy', bodies: false },
    });
    expect(warnings.map((warning) => warning.replace(file, ''))).toEqual([
      ':9: passthrough.timeout_secs has no effect here: docs/migrate.md',
      ':10: passthrough.passthrough_auth has no effect here: docs/migrate.md',
    ]);
  });

  it('takes the protocol of its collector from such a file, and from its variables', () => {
    const file = write('default_mode = "compare"\n[tracing]\notlp_endpoint = "http://a:4318"\nprotocol = "http"\n');
    expect(config({ config: file }).otlp).toMatchObject({ url: 'http://a:4318', protocol: 'http/protobuf' });
    const variables = { CC_TRACING__OTLP_ENDPOINT: 'http://b:4317', CC_TRACING__PROTOCOL: 'grpc' };
    expect(config({ config: file }, variables).otlp).toMatchObject({ url: 'http://b:4317', protocol: 'grpc' });
    expect(config({}).otlp).toMatchObject({ url: null, protocol: 'http/protobuf' });
  });

  it('reads Loki of the file and of the variables of the Go llm-proxy, which sends nothing unless it is told to', () => {
    const theirs = '[loki]\nurl = "http://loki:3100/loki/api/v1/push"\nenvironment = "ci"\nbatch_wait = "5s"\n';
    const { config: found, warnings } = load({ config: write(theirs) });
    expect(found.loki).toMatchObject({ url: 'http://loki:3100/loki/api/v1/push', enabled: false, environment: 'ci' });
    expect(warnings[0]).toMatch(/:4: loki\.batch_wait has no effect here/);
    expect(config({ config: write(`${theirs}enabled = true\n`) }).loki.enabled).toBe(true);
    expect(config({ config: write('[loki]\nurl = "http://loki:3100"\nauth_token = "t"\n') }).loki).toMatchObject({
      enabled: true,
      auth_token: 't',
    });
    const variables = { LLM_PROXY_LOKI_ENABLED: '0', LLM_PROXY_LOKI_URL: 'http://a', LLM_PROXY_LOKI_BATCH_SIZE: '7' };
    expect(config({}, variables).loki).toMatchObject({ url: 'http://a', enabled: false, batch_size: 7 });
    expect(problem({ config: write('[loki]\nurll = "http://a"\n') })).toMatch(/unknown key loki\.urll/);
  });

  it('shows no secret of the systems that calls are sent to', () => {
    const file = write(`[otlp]
url = "http://localhost:4318"
headers = ["authorization=Bearer otlpsecretvalue", "x-team=blue"]
[loki]
auth_token = "lokisecretvalue"
[postgres]
url = "postgres://writer:postgressecretvalue@db.lan:5432/ledger?sslmode=require"
[clickhouse]
password = "clickhousesecretvalue"
`);
    const { settings } = load({ config: file });
    expect(JSON.stringify(settings)).not.toMatch(/secretvalue/);
    const shown = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
    expect(shown).toMatchObject({
      'otlp.headers': ['authorization=[masked]', 'x-team=[masked]'],
      'loki.auth_token': '[masked]',
      'postgres.url': 'postgres://[masked]@db.lan:5432/ledger?sslmode=require',
      'clickhouse.url': null,
      'clickhouse.password': '[masked]',
    });
  });

  it('takes the mode that such a file names, and its variables over it', () => {
    const file = write('default_mode = "compare"\n[server]\nlisten_address = "127.0.0.1:3080"\n');
    expect(config({ config: file }).mode).toBe('compare');
    const variables = { CC_SERVER__LISTEN_ADDRESS: '127.0.0.1:3081', CC_DEFAULT_MODE: 'anthropic-only' };
    expect(config({ config: file }, variables)).toMatchObject({ port: 3081, mode: 'anthropic-only' });
    expect(config({ config: file }, { ...variables, LLM_PROXY_MODE: 'target' }).mode).toBe('target');
    expect(config({ config: file, mode: 'passthrough' }, variables).mode).toBe('passthrough');
  });

  it('takes any free port from such an address, and says when it is none', () => {
    const file = write('[server]\nlisten_address = "[::1]:0"\n');
    expect(config({ config: file })).toMatchObject({ host: '::1', port: 0 });
    const { config: found, warnings } = load({}, { CC_SERVER__LISTEN_ADDRESS: 'localhost' });
    expect(found.port).toBe(8080);
    expect(warnings).toEqual(['the value of CC_SERVER__LISTEN_ADDRESS means nothing here and has no effect']);
  });

  it('takes an empty text for what is not set, where there may be nothing', () => {
    const file = write('bedrock_region = ""\nmode = ""\n[target]\nurl = ""\nmax_tokens = ""\n');
    const { bedrock_region: region, mode, target_url: url, target } = config({ config: file });
    expect([region, mode, url, target.max_tokens]).toEqual([null, null, null, null]);
    expect(problem({ config: write('log_dir = ""\n', 'e.toml') })).toMatch(/log_dir must be a text that is not empty/);
  });

  it('reads the other names of options from variables too, after the first ones', () => {
    const other = { LLM_PROXY_CLAUDE_BACKEND: 'http://a', LLM_PROXY_TARGET__URL: 'http://t' };
    const { config: found, warnings } = load({}, other);
    expect([found.anthropic_backend, found.target_url, ...warnings]).toEqual(['http://a', 'http://t']);
    expect(config({}, { ...other, LLM_PROXY_ANTHROPIC_BACKEND: 'http://b' }).anthropic_backend).toBe('http://b');
  });

  it('finds the file that cc-proxy would, and its own keys before the other ones', () => {
    const file = write('port = 1\n[server]\nlisten_address = "127.0.0.1:2"\n[target]\nurl = "http://a"\n');
    expect(config({}, { CC_PROXY_CONFIG: file })).toMatchObject({ port: 1, host: '127.0.0.1', target_url: 'http://a' });
    expect(config({ config: write('[target]\nurl = "http://a"\n', 'd.toml') }).mode).toBeNull();
  });

  it('reads numbers with a fraction, and nothing else for them', () => {
    expect(config({}, { LLM_PROXY_TARGET__TOP_P: '0.95' }).target.top_p).toBe(0.95);
    expect(problem({}, { LLM_PROXY_TARGET__TOP_P: 'much' })).toMatch(/TOP_P must be a number from 0 upwards/);
  });

  it('lets a variable say that a file of the Go llm-proxy gets no session logs', () => {
    const { config, warnings } = load(
      { config: write('explore_port = 1\n') },
      { LLM_PROXY_SESSION_LOG__ENABLED: 'false' },
    );
    expect(config.session_log.enabled).toBe(false);
    expect(warnings).toHaveLength(1);
  });

  it('takes the folder of session logs from where it is given', () => {
    const { config } = load({ config: write('[session_log]\ndir = "talks"\n') });
    expect(config.session_log.dir).toMatch(/^\/.*\/talks$/);
  });

  it('warns of variables that mean nothing', () => {
    expect(load({}, { LLM_PROXY_PROT: '1', LLM_PROXY_PORT: '1', LLM_PROXY_HOME: 'x' }).warnings).toEqual([
      'the variable LLM_PROXY_PROT means nothing to this version and has no effect',
    ]);
  });
});
