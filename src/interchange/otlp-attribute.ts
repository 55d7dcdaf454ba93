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

/** Numbers are integers; what may be broken is made by `double`. Null = unknown. */
export type Value = string | number | boolean | null | readonly string[] | { doubleValue: number };

/** Unknown is absent. */
export function attributesFrom(values: Readonly<Record<string, Value>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [{ key, value: valueOf(value) }]));
}

export function textAttribute(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

export function double(value: number | null): Value {
  return value === null ? null : { doubleValue: value };
}

function valueOf(value: Exclude<Value, null>): AttributeValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  return 'doubleValue' in value ? value : { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}
