/** Parts of the page that are loaded when somebody wants them. */
import { type ComponentType, createElement, type ReactElement, useEffect, useReducer } from 'react';
import { request } from '../api/client.ts';
import { Failure } from './states.tsx';

export class Later<Props extends object> {
  readonly #load: () => Promise<ComponentType<Props>>;
  #underWay: Promise<void> | null = null;
  component: ComponentType<Props> | null = null;
  error: unknown = null;

  constructor(load: () => Promise<ComponentType<Props>>) {
    this.#load = load;
  }

  /** May be called before it is needed, and more than once. Never rejects: see `error`. */
  load(): Promise<void> {
    this.#underWay ??= this.#load().then(
      (component) => {
        this.component = component;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
    return this.#underWay;
  }
}

/** `null` until it is there. Not React.lazy: what that shows meanwhile stays for 300 ms at least, and rows are there sooner. */
export function useLater<Props extends object>(part: Later<Props>, props: Props): ReactElement | null {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (part.component === null) void part.load().then(changed);
  }, [part]);
  if (part.component !== null) return createElement(part.component, props);
  return part.error === null ? null : <Failure error={NOT_LOADED} onRetry={() => void loadAnew()} />;
}

const NOT_LOADED = new Error(
  'It could not be loaded: llm-proxy does not answer, or it is another version by now. The address stays as it is.',
);

/** A browser may remember that a file could not be had, and the files of another version have other names. */
async function loadAnew(): Promise<void> {
  // Without an answer the page that stands there would be lost.
  const isThere = await request('/api/whoami').then(
    () => true,
    () => false,
  );
  if (isThere) window.location.reload();
}
