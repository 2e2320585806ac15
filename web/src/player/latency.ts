// How far behind live to play, and how fast to get there. Pure: the clock and the measurements come in as arguments.
//
// hls.js can catch up by itself, but only while more than a second is buffered, so it never gets below about one
// second plus a part. With the same measurements a finer rule stays at the server's PART-HOLD-BACK without stalls:
// play a little faster while the buffer allows it, a little slower while the buffer is nearly empty.

/** Later than this a viewer who wants to be live is moved there: playing there at 1.1 would take most of a minute. */
export const JUMP_BEHIND_S = 5;
/** Starved for this long although newer media exists: what comes next will not come, so go where there is something. */
export const STARVED_MS = 1_500;
/** Without a stall for this long, latency given up after stalls is taken back. */
export const CALM_MS = 60_000;
/** Latency given up per stall, and at most. */
export const STALL_STEP_S = 0.2;
export const STALL_MAX_S = 2;
/** People do not hear 10 %; pitch is kept by the browser. */
const FASTEST = 1.1;
const SLOWEST = 0.95;
/** Closer than this to the target is at the target: no rate change for noise. */
const CLOSE_S = 0.06;

export interface Sample {
  nowMs: number;
  /** Seconds between the live edge and the picture. */
  latency: number;
  /** Seconds since the edge moved; part of the latency. */
  age: number;
  /** Seconds buffered ahead of the picture. */
  ahead: number;
  /** What the playlist asks for: PART-HOLD-BACK, or HOLD-BACK. */
  holdBack: number;
  /** Longest part (or segment) in seconds: the grain of the buffer. */
  grain: number;
  /** How long the picture has stood still for want of media. */
  starvedMs: number;
  /** The viewer wants the live edge: did not pause, did not rewind. */
  following: boolean;
}

export type Advice = { do: 'rate'; rate: number } | { do: 'jump' };

export class Pace {
  #stalls = 0;
  #lastStallMs = Number.NEGATIVE_INFINITY;
  #catching = false;

  stalled(nowMs: number): void {
    this.#stalls = Math.min(this.#stalls + 1, Math.round(STALL_MAX_S / STALL_STEP_S));
    this.#lastStallMs = nowMs;
  }

  reset(): void {
    this.#stalls = 0;
    this.#lastStallMs = Number.NEGATIVE_INFINITY;
    this.#catching = false;
  }

  target(holdBack: number): number {
    return holdBack + this.#stalls * STALL_STEP_S;
  }

  advise(s: Sample): Advice {
    if (this.#stalls > 0 && s.nowMs - this.#lastStallMs > CALM_MS) {
      // One step at a time: a connection that needed the room gets to keep most of it.
      this.#stalls -= 1;
      this.#lastStallMs = s.nowMs;
    }
    if (!s.following) {
      this.#catching = false;
      return { do: 'rate', rate: 1 };
    }
    const late = s.latency - this.target(s.holdBack);
    // While the streamer is away the edge grows old, and there is nowhere to go.
    const reach = late - s.age;
    if (reach > JUMP_BEHIND_S || (s.starvedMs > STARVED_MS && reach > STARVED_MS / 2_000)) {
      return { do: 'jump' };
    }
    // The next part arrives one grain after the last one; below this an ordinary delay would be a stall.
    const enough = Math.max(0.25, s.grain * 0.8);
    // Starts at CLOSE_S and stops at zero, so that the rate does not flutter around the target.
    this.#catching = s.ahead > enough && late > (this.#catching ? 0 : CLOSE_S);
    if (this.#catching) {
      const rate = Math.min(FASTEST, 1 + Math.max(0.02, late * 0.12));
      return { do: 'rate', rate: Math.round(rate * 50) / 50 };
    }
    const starving = s.ahead < Math.min(0.1, s.grain * 0.4) && late < 0.5;
    return { do: 'rate', rate: starving ? SLOWEST : 1 };
  }
}
