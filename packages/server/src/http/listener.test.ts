import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { makeCertificate } from '../testing/certificate.ts'
import { type Listener, type ListenOptions, listen } from './listener.ts'

const open: Listener[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.stop(0)))
})

async function start(options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen({ host: 'localhost', port: 0, ...options })
  open.push(listener)
  return listener
}

test('says that it is starting until there is an application', async () => {
  const listener = await start()
  const early = await fetch(listener.url)
  expect(early.status).toBe(503)
  expect(early.headers.get('retry-after')).toBe('1')
  expect(early.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  expect(await early.json()).toMatchObject({ error: { code: 'not_running' } })
  listener.serve(() => new Response('here'))
  expect(await (await fetch(listener.url)).text()).toBe('here')
})

test('answers on both loopback addresses, so that nobody else can be localhost', async () => {
  const { port, serve } = await start()
  serve(() => new Response('here'))
  for (const host of ['127.0.0.1', '[::1]']) {
    expect(await (await fetch(`http://${host}:${port}`)).text()).toBe('here')
  }
})

test('says in words that a port is held, whichever address holds it', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const other = createServer().listen(0, host)
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const failed = listen({ host: 'localhost', port })
    await expect(failed).rejects.toMatchObject({
      code: 'port_busy',
      message: expect.stringContaining(`Port ${port}`),
    })
    // Nothing of the failed start holds the other address.
    const free = createServer().listen(port, host === '::1' ? '127.0.0.1' : '::1')
    await once(free, 'listening')
    free.close()
    other.close()
  }
})

test('refuses to be reached from outside without TLS', async () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'castle.example']) {
    await expect(listen({ host, port: 0 })).rejects.toMatchObject({ code: 'bad_configuration' })
  }
})

test('speaks TLS from 1.2 on, and nothing older', async () => {
  const tls = makeCertificate(['localhost', '127.0.0.1'])
  const listener = await start({ host: '127.0.0.1', tls })
  expect(listener.url).toBe(`https://localhost:${listener.port}`)
  const handshake = async (version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => {
    const socket = connectTls({
      port: listener.port,
      host: '127.0.0.1',
      ca: tls.cert,
      minVersion: version,
      maxVersion: version,
      // Otherwise our own side would already refuse to offer the old versions.
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const outcome = await new Promise((resolve) => {
      socket.on('secureConnect', () => resolve(socket.getProtocol()))
      socket.on('error', () => resolve('refused'))
    })
    socket.destroy()
    return outcome
  }
  expect(await handshake('TLSv1')).toBe('refused')
  expect(await handshake('TLSv1.1')).toBe('refused')
  expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
  expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
})

/** An application that answers when told, and says when a request has reached it. */
function patientApp() {
  const reached = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const fetch = async () => {
    reached.resolve()
    await finish.promise
    return new Response('finished')
  }
  return { reached: reached.promise, finish: finish.resolve, fetch }
}

test('lets an answer under TLS finish, too', async () => {
  const tls = makeCertificate(['localhost'])
  const listener = await start({ tls })
  const app = patientApp()
  listener.serve(app.fetch)
  const socket = connectTls({ port: listener.port, host: '127.0.0.1', servername: 'localhost', ca: tls.cert })
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await app.reached
  const stopped = listener.stop(60_000)
  app.finish()
  expect(String((await once(socket, 'data'))[0])).toContain('200 OK')
  await stopped
})

test('stops by finishing what runs and taking nothing new', async () => {
  const listener = await start()
  const app = patientApp()
  listener.serve(app.fetch)
  const slow = fetch(listener.url)
  const idle = connect(listener.port, '127.0.0.1')
  await Promise.all([app.reached, once(idle, 'connect')])
  const stopped = listener.stop(60_000)
  await expect(fetch(listener.url)).rejects.toThrow()
  app.finish()
  expect(await (await slow).text()).toBe('finished')
  await stopped
  idle.destroy()
})

test('cuts what does not finish within the grace', async () => {
  const listener = await start()
  const app = patientApp()
  listener.serve(app.fetch)
  const failed = expect(fetch(listener.url)).rejects.toThrow()
  await app.reached
  await listener.stop(20)
  await failed
})
