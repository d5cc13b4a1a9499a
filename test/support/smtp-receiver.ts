import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { selfSigned } from './self-signed.js'

interface Mail {
  from: string
  to: string[]
  text: string
  /** User and password, when it was sent after logging in. */
  login?: string[]
  isEncrypted: boolean
}

export interface SmtpReceiver {
  port: number
  mails: Mail[]
  /** Every line a client has sent, in the clear or not. */
  lines: string[]
  /** What commands are answered instead of the usual, by verb; `hang` is no answer. */
  answers: Partial<Record<string, string>>
}

/** An SMTP server on this machine that keeps what it gets: with STARTTLS unless told, or TLS from the start; stops with the test. */
export async function smtpReceiver({ hasStartTls = true, isImplicit = false } = {}): Promise<SmtpReceiver> {
  const receiver: SmtpReceiver = { port: 0, mails: [], lines: [], answers: {} }
  const sockets = new Set<Socket>()
  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write('220 test ESMTP\r\n')
    new Session(socket, receiver, hasStartTls).listen()
  }
  const server = isImplicit ? createTlsServer(selfSigned, serve) : createServer(serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  receiver.port = (server.address() as AddressInfo).port
  return receiver
}

class Session {
  #mail: Mail
  #isReadingText = false
  #isEncrypted: boolean

  constructor(
    private socket: Socket,
    private readonly receiver: SmtpReceiver,
    private readonly hasStartTls: boolean,
  ) {
    this.#isEncrypted = socket instanceof TLSSocket
    this.#mail = { from: '', to: [], text: '', isEncrypted: false }
  }

  listen(): void {
    const { socket } = this
    const lines = createInterface({ input: socket })
    lines.on('line', (line) => {
      if (this.socket !== socket) return
      this.receiver.lines.push(line)
      if (this.#isReadingText) return this.#text(line)
      const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? ''
      const answer = this.receiver.answers[verb]
      if (answer === 'hang') return
      if (answer !== undefined) this.#say(answer)
      else if (verb === 'STARTTLS' && this.#offersTls) this.#encrypt(() => lines.close())
      else this.#command(verb, line)
    })
  }

  #command(verb: string, line: string): void {
    const address = /<(.*?)>/.exec(line)?.[1] ?? ''
    if (verb === 'EHLO') return this.#say(`250-test\r\n${this.#offersTls ? '250-STARTTLS\r\n' : ''}250 AUTH PLAIN`)
    if (verb === 'AUTH') {
      this.#mail.login = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0')
        .slice(1)
      return this.#say('235 welcome')
    }
    if (verb === 'MAIL') this.#mail.from = address
    if (verb === 'RCPT') this.#mail.to.push(address)
    if (verb === 'STARTTLS') return this.#say('502 cannot')
    this.#isReadingText = verb === 'DATA'
    if (verb === 'QUIT') this.socket.end('221 bye\r\n')
    else this.#say(verb === 'DATA' ? '354 go on' : '250 ok')
  }

  get #offersTls(): boolean {
    return this.hasStartTls && !this.#isEncrypted
  }

  #text(line: string): void {
    if (line !== '.') this.#mail.text += `${line}\n`
    else {
      this.#isReadingText = false
      this.receiver.mails.push({ ...this.#mail, isEncrypted: this.#isEncrypted })
      this.#say('250 taken')
    }
  }

  #encrypt(stopReading: () => void): void {
    const plain = this.socket
    this.#isEncrypted = true
    plain.write('220 go on\r\n')
    stopReading()
    plain.removeAllListeners('data')
    this.socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(selfSigned) })
    this.socket.on('error', () => plain.destroy())
    this.listen()
  }

  #say(text: string): void {
    this.socket.write(`${text}\r\n`)
  }
}
