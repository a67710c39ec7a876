/** The maker of an authenticator: a root, and the certificate that its keys are attested by, which names where to ask for revocations. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { integer, oid, sequence, tlv, utcTime } from '../../packages/server/src/testing/certificate.ts'

/** What is attested with; all DER. */
export interface Maker {
  readonly root: Buffer
  /** The leaf alone; verifiers know the root. */
  readonly x5c: readonly Buffer[]
  /** Signs as the leaf. */
  readonly sign: (data: Buffer) => Buffer
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const day = 86_400_000

/** Makes one whose certificate names `crl`. */
export function makeMaker(crl: string): Maker {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rootName = name({ '550406': 'US', '55040a': 'Castellan test', '550403': 'root' })
  // What WebAuthn (section 8.2.1) wants of an attestation certificate.
  const leafName = name({
    ...{ '550406': 'US', '55040a': 'Castellan test' },
    ...{ '55040b': 'Authenticator Attestation', '550403': 'key' },
  })
  const uri = tlv(0x86, Buffer.from(crl))
  const point = sequence(tlv(0xa0, tlv(0xa0, uri)))
  const revocations = sequence(oid('551d1f'), tlv(0x04, sequence(point)))
  const signer = root.privateKey
  return {
    root: certificate({
      subject: rootName,
      issuer: rootName,
      key: root.publicKey,
      signer,
      more: [constraints(true)],
    }),
    x5c: [
      certificate({
        ...{ subject: leafName, issuer: rootName, key: leaf.publicKey, signer },
        more: [constraints(false), revocations],
      }),
    ],
    sign: (data) => sign('sha256', data, leaf.privateKey),
  }
}

function name(parts: Readonly<Record<string, string>>): Buffer {
  const each = Object.entries(parts).map(([id, text]) =>
    tlv(0x31, sequence(oid(id), tlv(id === '550406' ? 0x13 : 0x0c, Buffer.from(text)))),
  )
  return sequence(...each)
}

function constraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence()
  return sequence(oid('551d13'), tlv(0x01, Buffer.from([0xff])), tlv(0x04, content))
}

function certificate(of: {
  readonly subject: Buffer
  readonly issuer: Buffer
  readonly key: KeyObject
  readonly signer: KeyObject
  readonly more: readonly Buffer[]
}): Buffer {
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    of.issuer,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    of.subject,
    of.key.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...of.more)),
  )
  return sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), sign('sha256', body, of.signer)))
}
