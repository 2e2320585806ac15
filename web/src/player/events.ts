// Server-sent events of a live. EventSource reconnects after a broken connection, but gives up for ever when it is
// answered with an error, as a proxy does while the server restarts: so a closed one is opened again here.

import type { LiveState } from './data';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

export interface LiveEvents {
  state(state: LiveState): void;
  viewers(count: number): void;
  link(up: boolean): void;
}

export class EventLink {
  readonly #url: string;
  readonly #on: LiveEvents;
  #source: EventSource | null = null;
  #retryMs = FIRST_RETRY_MS;
  #timer = 0;

  constructor(url: string, on: LiveEvents) {
    this.#url = url;
    this.#on = on;
    this.#open();
    window.addEventListener('online', this.#now);
  }

  close(): void {
    window.removeEventListener('online', this.#now);
    window.clearTimeout(this.#timer);
    this.#source?.close();
  }

  #now = (): void => {
    if (this.#source?.readyState !== EventSource.OPEN) {
      this.#open();
    }
  };

  #open(): void {
    window.clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#on.link(true);
    });
    source.addEventListener('state', (event: MessageEvent<string>) => this.#on.state(JSON.parse(event.data) as LiveState));
    source.addEventListener('viewers', (event: MessageEvent<string>) => {
      this.#on.viewers((JSON.parse(event.data) as { viewers: number }).viewers);
    });
    source.addEventListener('error', () => {
      this.#on.link(false);
      if (source.readyState === EventSource.CLOSED) {
        // A little chance, so that a thousand viewers do not come back in the same moment.
        this.#timer = window.setTimeout(() => this.#open(), this.#retryMs * (0.5 + Math.random()));
        this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      }
    });
  }
}
