/** The options of a daemon as people look at them: what is in force, and who said so. */
import { maskBody, maskText } from '../core/redact.ts';
import { type Option, variableOf } from './options.ts';
import type { Value } from './values.ts';

export type SettingOrigin = 'flag' | 'environment' | 'file' | 'default';

export interface Setting {
  /** As in `llm-proxy.toml`. */
  key: string;
  /** Secrets masked. */
  value: Value;
  origin: SettingOrigin;
  /** `path:line` for `file`, the name for `flag` and `environment`; null = `default`. */
  where: string | null;
  /** Without dashes; null = there is none. */
  flag: string | null;
  variable: string;
  /** As it would stand in the file. */
  default: Option['default'];
  help: string;
}

export function settingOf(option: Option, value: Value, origin: SettingOrigin, where: string | null): Setting {
  return {
    key: option.key,
    value: option.secret === true ? hidden(value) : masked(value),
    origin,
    where,
    flag: option.flag ?? null,
    variable: variableOf(option),
    default: option.default,
    help: option.help,
  };
}

const HIDDEN = '[masked]';

/** Of `NAME=VALUE` and of an address everything but the secret is told. */
function hidden(value: Value): Value {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? item.replace(/=.*$/s, `=${HIDDEN}`) : HIDDEN));
  if (typeof value !== 'string') return value;
  return URL.canParse(value) && new URL(value).host !== '' ? masked(value) : HIDDEN;
}

/** A password in an address, a key in a provider of the user's own. */
function masked(value: Value): Value {
  if (typeof value === 'string') return maskText(value);
  if (value === null || typeof value !== 'object') return value;
  const text = JSON.stringify(value);
  const clean = maskBody(text);
  return clean === text ? value : (JSON.parse(clean) as Value);
}
