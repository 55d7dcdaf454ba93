import { Call } from '../call/call.tsx';
import { Split } from '../kit/split.tsx';
import { SessionOverview } from './overview.tsx';
import { usePlace } from './place.ts';
import { Rail } from './rail.tsx';
import { useNarrow } from '../kit/use-narrow.ts';

/** All calls as a tree; beside it the call that is open, or what is to be known first. */
export function TreeView() {
  const { call } = usePlace();
  const isNarrow = useNarrow();
  const beside = call === null ? isNarrow ? null : <SessionOverview /> : <OpenCall />;
  return <Split list={<Rail look={call === null ? 'wide' : 'slim'} />} detail={beside} />;
}

/** The call of the address, beside a view. */
export function OpenCall() {
  const { call, route, hrefOfCall, closeCall } = usePlace();
  if (call === null) return null;
  return <Call route={route} id={call} hrefOfCall={hrefOfCall} onClose={closeCall} />;
}
