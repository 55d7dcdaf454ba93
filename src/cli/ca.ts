/** `ca show|export|install|add|rotate`. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../ca/authority.ts';
import { describeAuthorities, exportDer, exportPem, javaTrustStore } from '../ca/export.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { configOf } from './home-config.ts';

export interface CaArguments {
  home: string | null;
}

export async function caShow({ home, json }: CaArguments & { json: boolean }): Promise<number> {
  const authority = await open(home);
  const infos = authority.describe();
  process.stdout.write(
    json
      ? `${JSON.stringify({ ca_file: authority.caFile, bundle_file: authority.bundleFile, authorities: infos }, null, 2)}\n`
      : `${describeAuthorities(infos)}\n\nfor clients: ${authority.caFile}\nwith the public roots: ${authority.bundleFile}\n`,
  );
  return 0;
}

export async function caExport({
  home,
  format,
  out,
}: CaArguments & { format: 'pem' | 'der' | 'p12'; out: string | null }): Promise<number> {
  const authority = await open(home);
  const infos = authority.describe();
  const [first] = infos;
  if (first === undefined) throw new AppError('ca_unusable', 'there is no authority to export');
  if (format === 'der' && infos.length > 1)
    process.stderr.write('llm-proxy: DER holds one certificate: this is the first root only\n');
  const bytes =
    format === 'pem'
      ? Buffer.from(exportPem(infos))
      : format === 'der'
        ? exportDer(first)
        : javaTrustStore(exportPem(infos));
  if (out === null) process.stdout.write(bytes);
  else {
    writeFileSync(out, bytes, { mode: 0o644 });
    process.stderr.write(`llm-proxy: wrote ${out}${format === 'p12' ? ' (password: changeit)' : ''}\n`);
  }
  return 0;
}

export async function caAdd({ home, hosts }: CaArguments & { hosts: readonly string[] }): Promise<number> {
  const authority = await open(home);
  const added = await authority.addHosts(hosts);
  if (added.length === 0) process.stdout.write('covered already; nothing was changed\n');
  else {
    process.stdout.write(
      `added a root for ${added.join(', ')}. ${authority.caFile} and ${authority.bundleFile} hold it;\nprograms that were started before must read them again. To decrypt it: --intercept ${added.join(' ')}\n`,
    );
  }
  return 0;
}

export async function caRotate({ home, yes }: CaArguments & { yes: boolean }): Promise<number> {
  if (!yes) {
    throw new AppError(
      'config_invalid',
      'rotating makes a new root: every client that trusts the old one must be given the new one; say --yes if that is meant',
    );
  }
  const authority = await open(home);
  await authority.rotate();
  process.stdout.write(
    `${describeAuthorities(authority.describe())}\n\nthe old key is kept beside the new one, retired\n`,
  );
  return 0;
}

interface Store {
  name: string;
  applies: () => boolean;
  command: (caFile: string) => string[];
}

const SYSTEM_STORES: readonly Store[] = [
  {
    name: 'macOS keychain',
    applies: () => process.platform === 'darwin',
    command: (file) => [
      'sudo',
      'security',
      'add-trusted-cert',
      '-d',
      '-r',
      'trustRoot',
      '-k',
      '/Library/Keychains/System.keychain',
      file,
    ],
  },
  {
    name: 'Windows root store',
    applies: () => process.platform === 'win32',
    command: (file) => ['certutil', '-addstore', '-f', 'Root', file],
  },
  {
    name: 'Debian, Ubuntu, Alpine',
    applies: () => existsSync('/usr/local/share/ca-certificates') || existsSync('/etc/alpine-release'),
    command: (file) => [
      ...asRoot(),
      'sh',
      '-c',
      `cp ${quoted(file)} /usr/local/share/ca-certificates/llm-proxy.crt && update-ca-certificates`,
    ],
  },
  {
    name: 'Fedora, Red Hat',
    applies: () => existsSync('/etc/pki/ca-trust/source/anchors'),
    command: (file) => [
      ...asRoot(),
      'sh',
      '-c',
      `cp ${quoted(file)} /etc/pki/ca-trust/source/anchors/llm-proxy.pem && update-ca-trust`,
    ],
  },
  {
    name: 'Chromium (NSS)',
    applies: () => existsSync(join(homedir(), '.pki', 'nssdb')),
    command: (file) => [
      'certutil',
      '-d',
      `sql:${join(homedir(), '.pki', 'nssdb')}`,
      '-A',
      '-t',
      'C,,',
      '-n',
      'llm-proxy',
      '-i',
      file,
    ],
  },
];

/** Shows what would be run; runs it with `--yes` only. Most programs need none of this: `run` and `env` set them up. */
export async function caInstall({ home, yes }: CaArguments & { yes: boolean }): Promise<number> {
  const authority = await open(home);
  const stores = SYSTEM_STORES.filter((store) => store.applies());
  if (stores.length === 0)
    throw new AppError(
      'config_invalid',
      `no trust store is known on this system; give your programs ${authority.caFile}`,
    );
  let code = 0;
  for (const { name, command } of stores) {
    const [program = '', ...args] = command(authority.caFile);
    process.stdout.write(`${name}:\n  ${[program, ...args].map(quoted).join(' ')}\n`);
    if (!yes) continue;
    const result = spawnSync(program, args, { stdio: 'inherit' });
    if (result.status !== 0) code = 1;
    process.stdout.write(
      result.status === 0 ? '  done\n' : `  failed${result.error === undefined ? '' : `: ${result.error.message}`}\n`,
    );
  }
  if (!yes) process.stdout.write('\nNothing was changed. --yes runs the lines above.\n');
  return code;
}

function asRoot(): string[] {
  return process.getuid?.() === 0 ? [] : ['sudo'];
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

async function open(home: string | null): Promise<Authority> {
  const { keys_dir: keysDir, certs_dir: certsDir } = configOf(home);
  return Authority.open({ keysDir, certsDir, clock: systemClock, env: process.env });
}
