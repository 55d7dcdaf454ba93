import { Part } from './part.tsx';

/** The public half of the authority, for programs that are not on this machine. */
export function Certificate() {
  return (
    <Part
      title="Certificate"
      text="Programs trust this authority for provider hosts only: it is constrained to their names, and its key never leaves the machine."
    >
      <p className="flex flex-wrap gap-3">
        <a className="underline" href="/ca.pem" download="llm-proxy-ca.pem">
          Download as PEM
        </a>
        <a className="underline" href="/ca.der" download="llm-proxy-ca.der">
          Download as DER
        </a>
      </p>
      <p className="max-w-[76ch] text-muted">
        Fingerprint, names and end: <code className="font-mono">llm-proxy ca show</code>. A new one:{' '}
        <code className="font-mono">llm-proxy ca rotate</code>; programs that trust the old one have to be given the new
        one.
      </p>
    </Part>
  );
}
