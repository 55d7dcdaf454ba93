import type { CallRecord } from '../api/shapes.ts';
import { BodyView } from './body/body-view.tsx';

export function ResponseTab({ call }: { call: CallRecord }) {
  return <BodyView call={call} side="response" />;
}
