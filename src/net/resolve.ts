import { lookup as lookupAll, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { codeOf } from '../core/errors.ts';

type Resolve = (host: string) => Promise<readonly string[]>;

export interface ResolveOptions {
  /** As programs on this machine resolve names (hosts file, search domains, mDNS), in the system's order. */
  lookup?: Resolve;
  /** Asks the name servers alone. Rejects, or gives none, when it finds none. */
  query?: Resolve;
  /** The hosts file, which only the system reads. */
  hosts?: () => Promise<string>;
  /** How long the system may take before the name servers are asked as well. */
  slowMs?: number;
}

/** The system's lookup of a name, while it is under way. */
interface Lookup {
  found: Promise<readonly string[]>;
  /** Settles once it has taken long. */
  late: Promise<void>;
}

const SLOW_MS = 300;
const QUERY = { timeout: 3_000, tries: 2 };
const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * All addresses of a name. The system's lookup decides, but it runs on threads of which Node gives it two: two names
 * whose servers do not answer would hold up every other name for as long as that takes. So names under way are looked
 * up once, and one that takes long is asked of the name servers too, which needs no thread; the first answer counts.
 */
export function createResolver({
  lookup = system,
  query = nameServers,
  hosts = systemHosts,
  slowMs = SLOW_MS,
}: ResolveOptions = {}): Resolve {
  const lookups = new Map<string, Lookup>();
  const begin = (host: string): Lookup => {
    const found = lookup(host);
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, slowMs);
      const over = (): void => {
        clearTimeout(timer);
        lookups.delete(host);
      };
      found.then(over, over);
    });
    lookups.set(host, { found, late });
    return { found, late };
  };
  return (host) => {
    if (isIP(host) !== 0) return Promise.resolve([host]);
    const { found, late } = lookups.get(host) ?? begin(host);
    // Names without a dot, and those of mDNS, are nobody's but the system's.
    if (!/\.(?!local$)[^.]+$/.test(host)) return found;
    return new Promise((resolve, reject) => {
      found.then(resolve, reject);
      late
        .then(hosts)
        // Where somebody sends a name elsewhere, a call must never go to where all others go.
        .then((text) => (isAmong(text, host) ? [] : query(host)))
        .then((addresses) => (addresses.length > 0 ? resolve(addresses) : undefined))
        // Whether there is such a name is the system's to say.
        .catch(() => {});
    });
  };
}

async function systemHosts(): Promise<string> {
  try {
    return await readFile(HOSTS_FILE, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function isAmong(hostsFile: string, host: string): boolean {
  const wanted = host.toLowerCase();
  return hostsFile.split('\n').some((line) => (line.split('#')[0] ?? '').toLowerCase().split(/\s+/).includes(wanted));
}

async function system(host: string): Promise<readonly string[]> {
  const found = await lookupAll(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}

/** IPv4 first: whether this machine has a way for IPv6 is what the system's lookup would have known. */
async function nameServers(host: string): Promise<readonly string[]> {
  // A new one each time: the name servers change with the network.
  const resolver = new Resolver(QUERY);
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}
