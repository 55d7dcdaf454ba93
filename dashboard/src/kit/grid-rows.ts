/** Any array; or what holds some of its rows only, and says `undefined` of the others. */
export interface Rows<Row> {
  readonly length: number;
  at: (index: number) => Row | undefined;
}
