import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/cli/doctor-runtimes.ts';

describe('cli/doctor-runtimes', () => {
  it('takes the 502 from inside the TLS connection for proof', () => {
    expect(judge('{"error":{"type":"upstream_refused","message":"x"},"proxy":"llm-proxy"}').ok).toBe(true);
  });

  it.each([
    ['curl: (60) SSL certificate problem: unable to get local issuer certificate', /does not trust/],
    ['TypeError: fetch failed Error: SELF_SIGNED_CERT_IN_CHAIN', /does not trust/],
    ['javax.net.ssl.SSLHandshakeException: PKIX path building failed', /does not trust/],
    ['x509: certificate signed by unknown authority', /does not trust/],
    ['TypeError: fetch failed Error: getaddrinfo ENOTFOUND llm-proxy-doctor.anthropic.com', /past the proxy/],
    ['curl: (6) Could not resolve host: llm-proxy-doctor.anthropic.com', /past the proxy/],
    ['Error: connect ECONNREFUSED 127.0.0.1:8080', /finds no proxy/],
    ['<urlopen error Tunnel connection failed: 502 Bad Gateway (cannot resolve x)>', /tunnels instead/],
    ['curl: (56) CONNECT tunnel failed, response 502', /tunnels instead/],
    [
      'Exception in thread "main"\njava.net.ConnectException: Connection refused\n\tat java.base/x',
      /finds no proxy: java/,
    ],
    ['', /printed nothing/],
    ['<html>hello</html>', /unexpected/],
  ])('reads %j', (output, detail) => {
    const verdict = judge(output);
    expect(verdict.ok).toBe(false);
    expect(verdict.detail).toMatch(detail);
    expect(verdict.fix).not.toBeNull();
  });
});
