/** The ASN.1 part alone: 10 ms and 7 MB to load, where all of node-forge costs 25 ms and 10 MB (Node 20.20). */
declare module 'node-forge/lib/asn1.js' {
  import { asn1 } from 'node-forge';
  export = asn1;
}
