/** How `doctor` lets each runtime make one real request. Each probe prints the answer's body, or its own error. */
import { DOCTOR_HOST } from '../core/doctor-host.ts';

export interface Probe {
  /** For people: `python3 requests`. */
  name: string;
  command: string;
  args: readonly string[];
  /** Written to a temporary file whose path replaces `{file}` in args. */
  source?: { fileName: string; text: string };
  /** Printed when the library is not there: the probe is left out then. */
  absent?: string;
  timeoutMs: number;
  /** Takes many seconds (a compiler): only with `--all`. */
  slow?: boolean;
}

const URL_TEXT = `https://${DOCTOR_HOST}/doctor`;
const ABSENT = 'llm-proxy-absent';

function python(library: string, code: string): Probe {
  const text = `
try:
    import ${library.split(' ').at(-1)}
except ImportError:
    print("${ABSENT}")
    raise SystemExit(0)
${code}
`;
  return { name: `python3 ${library}`, command: 'python3', args: ['-c', text], absent: ABSENT, timeoutMs: 15_000 };
}

const JAVA = `
import java.net.URI; import java.net.http.*;
public class LlmProxyDoctor {
  public static void main(String[] args) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("${URL_TEXT}")).build();
    System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
`;

const GO = `package main

import (
	"fmt"
	"io"
	"net/http"
)

func main() {
	response, err := http.Get("${URL_TEXT}")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(response.Body)
	fmt.Println(string(body))
}
`;

const FETCH = `fetch('${URL_TEXT}').then((r) => r.text()).then(console.log, (e) => console.log(String(e), String(e.cause ?? '')))`;
const NODE_HTTPS =
  `require('https').get('${URL_TEXT}',{agent:new (require('https').Agent)({keepAlive:true})},(r)=>{r.pipe(process.stdout);` +
  `r.on('end',()=>process.exit())}).on('error',(e)=>console.log(String(e)))`;

export const PROBES: readonly Probe[] = [
  { name: 'node fetch', command: 'node', args: ['-e', FETCH], timeoutMs: 15_000 },
  { name: 'node https, own agent', command: 'node', args: ['-e', NODE_HTTPS], timeoutMs: 15_000 },
  python(
    'urllib.request',
    `from urllib.error import HTTPError
try:
    print(urllib.request.urlopen("${URL_TEXT}").read().decode())
except HTTPError as error:
    print(error.read().decode())
except Exception as error:
    print(error)`,
  ),
  python('requests', attempt(`print(requests.get("${URL_TEXT}").text)`)),
  python('httpx', attempt(`print(httpx.get("${URL_TEXT}").text)`)),
  python(
    'aiohttp',
    `import asyncio
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get("${URL_TEXT}") as response:
            print(await response.text())
${attempt('asyncio.run(main())')}`,
  ),
  { name: 'curl', command: 'curl', args: ['-sS', URL_TEXT], timeoutMs: 15_000 },
  { name: 'wget', command: 'wget', args: ['-nv', '-t1', '--content-on-error', '-O-', URL_TEXT], timeoutMs: 15_000 },
  {
    name: 'ruby net/http',
    command: 'ruby',
    args: ['-rnet/http', '-e', `puts Net::HTTP.get(URI("${URL_TEXT}"))`],
    timeoutMs: 15_000,
  },
  { name: 'deno fetch', command: 'deno', args: ['eval', FETCH], timeoutMs: 15_000 },
  { name: 'bun fetch', command: 'bun', args: ['-e', FETCH], timeoutMs: 15_000 },
  {
    name: 'java HttpClient',
    command: 'java',
    args: ['{file}'],
    source: { fileName: 'LlmProxyDoctor.java', text: JAVA },
    timeoutMs: 40_000,
  },
  {
    name: 'go net/http',
    command: 'go',
    args: ['run', '{file}'],
    source: { fileName: 'doctor.go', text: GO },
    timeoutMs: 120_000,
    slow: true,
  },
];

function attempt(statement: string): string {
  return `try:\n    ${statement}\nexcept Exception as error:\n    print(repr(error))`;
}

export interface ProbeVerdict {
  ok: boolean;
  detail: string;
  fix: string | null;
}

/** In this order: an answer of the proxy to CONNECT may well speak of names and of TLS. */
const FAILURES: readonly { pattern: RegExp; detail: string; fix: string }[] = [
  {
    pattern: /(?:CONNECT|tunnel\w*|proxy)\b.*\b50\d|Request was cancelled|cannot resolve llm-proxy-doctor/i,
    detail: 'reaches the proxy, which tunnels instead of answering',
    fix: 'is `anthropic.com` in `tunnel`? Else restart the daemon: it is of another version',
  },
  {
    pattern: /certificat|CERT_|SSL|TLS|PKIX|x509|UNABLE_TO|self.signed|issuer/i,
    detail: 'does not trust the CA',
    fix: 'start it with `llm-proxy run --`; see "certificate errors" in docs/troubleshooting.md',
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|getaddrinfo|resolve|Name or service|no such host|UnknownHost|UnresolvedAddress|nodename|dns/i,
    detail: 'goes past the proxy',
    fix: 'start it with `llm-proxy run --`; is the host in NO_PROXY?',
  },
  {
    pattern: /ECONNREFUSED|Connection refused|connect error/i,
    detail: 'finds no proxy',
    fix: 'is the daemon running? `llm-proxy status`',
  },
];

/** What a probe's output says. Pure. */
export function judge(output: string): ProbeVerdict {
  // The 502 comes from inside the TLS connection that our certificate secured: it proves proxy and trust at once.
  if (/"proxy"\s*:\s*"llm-proxy"/.test(output) && /upstream_(refused|unresolvable|reset|timeout)/.test(output)) {
    return { ok: true, detail: 'goes through the proxy and trusts its CA', fix: null };
  }
  const lines = output.trim().split('\n');
  for (const { pattern, detail, fix } of FAILURES) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return { ok: false, detail: `${detail}: ${line.trim().slice(0, 160)}`, fix };
  }
  const last = lines.at(-1)?.slice(0, 160) ?? '';
  const detail = last === '' ? 'printed nothing' : `unexpected answer: ${last}`;
  return { ok: false, detail, fix: 'see docs/troubleshooting.md' };
}
