/** DER writing by node-forge, in the few words that certificates and trust stores need. */
import asn1 from 'node-forge/lib/asn1.js';
import type { asn1 as types } from 'node-forge';

export type Node = types.Asn1;

const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { Type } = asn1;

export function encode(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

export function decode(der: Uint8Array): Node {
  return asn1.fromDer(Buffer.from(der).toString('binary'));
}

export function sequence(...items: Node[]): Node {
  return asn1.create(UNIVERSAL, Type.SEQUENCE, true, items);
}

export function set(...items: Node[]): Node {
  return asn1.create(UNIVERSAL, Type.SET, true, items);
}

export function oid(dotted: string): Node {
  return asn1.create(UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes());
}

export function utf8(text: string): Node {
  return asn1.create(UNIVERSAL, Type.UTF8, false, Buffer.from(text).toString('binary'));
}

export function bmpString(ascii: string): Node {
  return asn1.create(UNIVERSAL, Type.BMPSTRING, false, Buffer.from(ascii, 'utf16le').swap16().toString('binary'));
}

/** @param bytes big-endian, already minimal, first bit clear. */
export function integer(bytes: Uint8Array): Node {
  return asn1.create(UNIVERSAL, Type.INTEGER, false, Buffer.from(bytes).toString('binary'));
}

export function boolean(value: boolean): Node {
  return asn1.create(UNIVERSAL, Type.BOOLEAN, false, value ? '\u00ff' : '\0');
}

export function octets(bytes: Uint8Array): Node {
  return asn1.create(UNIVERSAL, Type.OCTETSTRING, false, Buffer.from(bytes).toString('binary'));
}

export function bits(bytes: Uint8Array, unused = 0): Node {
  const content = String.fromCharCode(unused) + Buffer.from(bytes).toString('binary');
  return asn1.create(UNIVERSAL, Type.BITSTRING, false, content);
}

/** `[tag] IMPLICIT` of a primitive. */
export function tagged(tag: number, bytes: Uint8Array): Node {
  return asn1.create(CONTEXT_SPECIFIC, tag, false, Buffer.from(bytes).toString('binary'));
}

/** `[tag]` around other nodes. */
export function wrapped(tag: number, ...items: Node[]): Node {
  return asn1.create(CONTEXT_SPECIFIC, tag, true, items);
}

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime after; whole seconds. */
export function time(ms: number): Node {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return digits < '2050'
    ? asn1.create(UNIVERSAL, Type.UTCTIME, false, digits.slice(2))
    : asn1.create(UNIVERSAL, Type.GENERALIZEDTIME, false, digits);
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
