// The line to the page around this one. Only that page is listened to; whatever it says is hostile until read.

import { CallError, failure, HANDSHAKE, notice, readCall, result, type Call } from './wire';

/** Answers one method. Throws a `CallError` to refuse. */
export type Method = (params: unknown) => unknown;

export class Channel {
  readonly #scope: string;
  readonly #methods: ReadonlyMap<string, Method>;
  /** Nothing said here is secret; a page whose origin is known is still the only one to hear it. */
  #origin = '*';

  constructor(scope: string, methods: ReadonlyMap<string, Method>) {
    this.#scope = scope;
    this.#methods = methods;
    window.addEventListener('message', (event) => this.#onMessage(event));
    // For a client that was there before: it queues what it has to say until it hears this.
    this.notify(HANDSHAKE, { type: 'publish-request', publish: [] });
  }

  notify(name: string, params: unknown): void {
    this.#post(notice(this.#scope, name, params));
  }

  #onMessage({ source, origin, data }: MessageEvent): void {
    const call = source === window.parent ? readCall(data, this.#scope) : null;
    if (!call) {
      return;
    }
    // Sandboxed pages and files have the origin "null", which `postMessage` cannot name.
    this.#origin = origin === 'null' ? '*' : origin;
    if (call.name === HANDSHAKE) {
      this.#onHandshake(call.params);
    } else {
      this.#onCall(call);
    }
  }

  /** A client that came later asks; one that was there before answers, which needs nothing more. */
  #onHandshake(params: unknown): void {
    if (typeof params === 'object' && params !== null && 'type' in params && params.type === 'publish-request') {
      this.notify(HANDSHAKE, { type: 'publish-reply', publish: [] });
    }
  }

  #onCall({ id, name, params }: Call): void {
    let answer: string | null;
    try {
      const method = this.#methods.get(name);
      if (!method) {
        throw new CallError('method_not_found', 'There is no such method');
      }
      const value = method(params);
      answer = id === null ? null : result(id, value);
    } catch (error) {
      const refusal = error instanceof CallError ? error : new CallError('runtime_error', String(error));
      answer = id === null ? null : failure(id, refusal);
    }
    if (answer !== null) {
      this.#post(answer);
    }
  }

  #post(message: string): void {
    window.parent.postMessage(message, this.#origin);
  }
}
