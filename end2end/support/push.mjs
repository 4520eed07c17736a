// A push service of this machine, and a browser's half of the encryption: Web Push without a network.

import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';

/** @param {string} text */
const bytes = (text) => Buffer.from(text, 'base64url');

/** The keys of a browser, and what it makes of a body (RFC 8291). */
export class Keys {
  #keys = createECDH('prime256v1');
  #auth = randomBytes(16);

  constructor() {
    this.#keys.generateKeys();
  }

  /** As a subscription names them. */
  get public() {
    return { p256dh: this.#keys.getPublicKey('base64url'), auth: this.#auth.toString('base64url') };
  }

  /** @param {Buffer} body */
  open(body) {
    const [salt, length] = [body.subarray(0, 16), body[20]];
    const theirs = body.subarray(21, 21 + length);
    const sealed = body.subarray(21 + length);
    /** @param {Uint8Array} from @param {Uint8Array} salt @param {Buffer | string} about @param {number} size */
    const derived = (from, salt, about, size) => Buffer.from(hkdfSync('sha256', from, salt, about, size));
    const about = Buffer.concat([Buffer.from('WebPush: info\0'), this.#keys.getPublicKey(), theirs]);
    const input = derived(this.#keys.computeSecret(theirs), this.#auth, about, 32);
    const key = derived(input, salt, 'Content-Encoding: aes128gcm\0', 16);
    const nonce = derived(input, salt, 'Content-Encoding: nonce\0', 12);
    const cipher = createDecipheriv('aes-128-gcm', key, nonce);
    cipher.setAuthTag(sealed.subarray(-16));
    const record = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
    return JSON.parse(record.subarray(0, record.lastIndexOf(2)).toString());
  }
}

/** Whom the header of a request proves (RFC 8292).
 * @param {string} header @param {string} audience */
export function isSigned(header, audience) {
  const [, token, key] = /^vapid t=([^,]+), k=(\S+)$/.exec(header) ?? [];
  const [head, claims, signature] = token.split('.');
  const point = bytes(key);
  const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  const publicKey = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: /** @type {const} */ ('ieee-p1363') };
  const right = verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, bytes(signature));
  const { aud, exp } = JSON.parse(bytes(claims).toString());
  return right && aud === audience && exp > Date.now() / 1000;
}

/** A push service: every browser has a path of its own. */
export class PushService {
  /** @type {{ path: string, headers: import('node:http').IncomingHttpHeaders, body: Buffer }[]} */
  got = [];
  /** What it answers, by the path. @type {Record<string, number>} */
  answers = {};
  #server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    this.got.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
    response.writeHead(this.answers[request.url ?? ''] ?? 201).end();
  });

  async start() {
    await new Promise((listening) => this.#server.listen(0, '127.0.0.1', () => listening(undefined)));
    return this;
  }

  get host() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `127.0.0.1:${address.port}`;
  }

  /** What came for one browser, opened. @param {string} path @param {Keys} keys */
  messages(path, keys) {
    return this.got.filter((got) => got.path === path).map(({ body }) => keys.open(body));
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
