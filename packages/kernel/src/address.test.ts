import { describe, expect, it } from 'vitest'
import { canonicalAddress, isLocalUrl, isLoopbackAddress, isPublicAddress } from './address.ts'

const refused = {
  'this network': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd00:ec2::254'],
  'link-local': ['169.254.169.254', 'fe80::1', 'febf::1', 'fec0::1'],
  'carrier NAT': ['100.64.0.1', '100.100.100.200', '100.127.255.255'],
  reserved: ['192.0.0.192', '192.88.99.1', '198.18.0.1', '198.19.255.255', '240.0.0.1', '255.255.255.255'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'mapped IPv4': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '0:0:0:0:0:ffff:a9fe:a9fe'],
  'IPv4-compatible': ['::127.0.0.1', '::8.8.8.8', '::ffff:0:8.8.8.8'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::8.8.8.8', '64:ff9b:1:7f00:0:100::'],
  '6to4 and Teredo': ['2002:7f00:1::', '2002:808:808::1', '2001::1', '2001:0:7f00:1::', '2001:1ff::1'],
  'special IPv6': ['100::1', '2001:2::1', '2001:10::1', '2001:20::1', '5f00::1', '4000::1', 'c000::1'],
  'cloud control planes': ['168.63.129.16', '::ffff:168.63.129.16'],
  'odd spellings': [
    '0x7f.1',
    '2130706433',
    '127.1',
    '0177.0.0.1',
    '08.8.8.8',
    '8.8.8',
    '8.8.8.8 ',
    '8.8.8.8.',
  ],
  'no address': [
    '',
    'localhost',
    'example.org',
    '8.8.8.8:80',
    '2606:4700::1]:80',
    '[2606:4700::1]',
    'fe80::1%eth0',
    '2606:4700::1%1',
  ],
}

describe('isPublicAddress', () => {
  for (const [range, addresses] of Object.entries(refused))
    it.each(addresses)(`refuses ${range}: %s`, (address) => expect(isPublicAddress(address)).toBe(false))

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.0.1',
    '223.255.255.1',
  ])('accepts public IPv4 %s', (address) => expect(isPublicAddress(address)).toBe(true))
  it.each([
    '2606:4700::1111',
    '2a00:1450:4001::8a',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2001:4860:4860::8888',
  ])('accepts public IPv6 %s', (address) => expect(isPublicAddress(address)).toBe(true))
})

describe('isLoopbackAddress', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('knows %s', (address) =>
    expect(isLoopbackAddress(address)).toBe(true),
  )
  it.each(['0.0.0.0', '10.0.0.1', '::', 'localhost', '128.0.0.1', '64:ff9b::7f00:1'])(
    'denies %s',
    (address) => expect(isLoopbackAddress(address)).toBe(false),
  )
})

describe('canonicalAddress', () => {
  it('gives mapped and plain IPv4 one spelling', () => {
    expect(canonicalAddress('::ffff:7f00:1')).toBe('127.0.0.1')
    expect(canonicalAddress('2001:DB8:0:0::1')).toBe('2001:db8::1')
    expect(canonicalAddress('nas.local')).toBeNull()
  })
})

describe('isLocalUrl', () => {
  it.each([
    'http://localhost:11434/v1',
    'http://LOCALHOST./v1',
    'http://ollama.localhost',
    'http://127.0.0.1:1234',
    'http://0x7f.1',
    'http://[::1]:8080/v1',
  ])('says yes to %s', (url) => expect(isLocalUrl(url)).toBe(true))
  it.each([
    'https://api.example.org',
    'http://localhost.example.org',
    'http://10.0.0.5:8000',
    'http://127.0.0.1.nip.io',
    'http://notlocalhost',
    'not a url',
  ])('says no to %s', (url) => expect(isLocalUrl(url)).toBe(false))
})
