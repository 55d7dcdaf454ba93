import { Certificate } from './certificate.tsx';
import { Part } from './part.tsx';
import { SetupCards } from './setup-cards.tsx';

export function SetUp() {
  return (
    <>
      <Part
        title="Set-up"
        text="A card’s dot turns green when a call of that runtime has come. “llm-proxy doctor” lets every runtime on this machine try one handshake."
      >
        <SetupCards />
      </Part>
      <Certificate />
    </>
  );
}
