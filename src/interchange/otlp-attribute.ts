/** An attribute, as OTLP/JSON has it; integers of 64 bits are texts there. */
export interface Attribute {
  key: string;
  value: AttributeValue;
}

export type AttributeValue =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }
  | { arrayValue: { values: AttributeValue[] } };

export function textAttribute(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}
