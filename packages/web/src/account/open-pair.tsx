/** Where the QR code of a pairing leads when a camera opens it in a browser: a browser cannot be paired, a program can. */
import { Room } from '../parts.tsx'

/** The page. The code stays in the address, which was never sent. */
export const OpenPairPage = () => (
  <Room title="Pair this device" about="This address holds a pairing code of this house.">
    <p>
      Open it with the Castellan program that you want to pair, not with a browser: the program makes a key
      that never leaves the device. In a terminal:
    </p>
    <p className="mono small" style={{ overflowWrap: 'anywhere' }}>
      castellan pair --redeem '{window.location.href}'
    </p>
    <p className="quiet">
      To use Castellan in this browser, sign in instead; nothing has to be paired for that.
    </p>
  </Room>
)
