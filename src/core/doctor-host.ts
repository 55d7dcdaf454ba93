/**
 * The name with which `doctor` tries each runtime. Covered by the authority (a name below anthropic.com), served by
 * nobody. The daemon intercepts it and connects it to a closed port of this machine, so that the handshake and the
 * 502 after it are the daemon's own and nothing, not even a DNS question, leaves the machine.
 */
export const DOCTOR_HOST = 'llm-proxy-doctor.anthropic.com';
/** In the form of `--connect-to`. Port 1 (tcpmux): refused at once. */
export const DOCTOR_CONNECT_TO = `${DOCTOR_HOST}:443:127.0.0.1:1`;
