// The messages of jschannel, which PeerTube's embed API speaks: JSON text over `postMessage`, `{id, method, params}` asks,
// `{method, params}` tells, `{id, result}` or `{id, error, message}` answers. A method is named `scope::name`. Pure.

/** The longest question: a password in it is the longest thing anybody has to say. */
export const MAX_MESSAGE_LENGTH = 4_096;
const MAX_SCOPE_LENGTH = 64;
/** What PeerTube's embed and its clients agree on when nothing is said. */
export const DEFAULT_SCOPE = 'peertube';
/** What jschannel says first, to learn whether somebody listens. */
export const HANDSHAKE = '__ready';

/** jschannel counts; an id is only ever sent back. */
export type CallId = number;

export interface Call {
  /** null: no answer is expected. */
  id: CallId | null;
  name: string;
  params: unknown;
}

/** jschannel's own names for what goes wrong, and ours for what it does not know. */
export type Fault = 'method_not_found' | 'invalid_params' | 'runtime_error';

export class CallError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** null: not for us, or not a message of this protocol. */
export function readCall(data: unknown, scope: string): Call | null {
  if (typeof data !== 'string' || data.length > MAX_MESSAGE_LENGTH) {
    return null;
  }
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null) {
    return null;
  }
  const { id, method, params } = message as Record<string, unknown>;
  const prefix = `${scope}::`;
  if (typeof method !== 'string' || !method.startsWith(prefix)) {
    return null;
  }
  return { id: Number.isSafeInteger(id) ? (id as CallId) : null, name: method.slice(prefix.length), params };
}

export function result(id: CallId, value: unknown): string {
  return JSON.stringify({ id, result: value });
}

export function failure(id: CallId, { fault, message }: CallError): string {
  return JSON.stringify({ id, error: fault, message });
}

export function notice(scope: string, name: string, params: unknown): string {
  return JSON.stringify({ method: `${scope}::${name}`, params });
}

/** jschannel's rule: two colons separate the scope from the name. */
export function isScope(text: string): boolean {
  return text.length > 0 && text.length <= MAX_SCOPE_LENGTH && !text.includes('::');
}
