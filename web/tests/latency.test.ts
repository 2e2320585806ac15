import { describe, expect, it } from 'vitest';
import { CALM_MS, JUMP_BEHIND_S, Pace, STALL_MAX_S, STALL_STEP_S, STARVED_MS, type Sample } from '../src/player/latency';

const sample = (over: Partial<Sample>): Sample => ({
  nowMs: 0,
  latency: 0.6,
  age: 0,
  ahead: 0.5,
  holdBack: 0.6,
  grain: 0.2,
  starvedMs: 0,
  following: true,
  ...over,
});

describe('pace', () => {
  it('plays at its own speed at the target', () => {
    expect(new Pace().advise(sample({}))).toEqual({ do: 'rate', rate: 1 });
  });

  it('catches up while the buffer allows it, and stops at the target', () => {
    const pace = new Pace();
    expect(pace.advise(sample({ latency: 1.4, ahead: 1.2 }))).toEqual({ do: 'rate', rate: 1.1 });
    // Below the threshold to start, still above the target: it goes on, without fluttering.
    expect(pace.advise(sample({ latency: 0.64 }))).toEqual({ do: 'rate', rate: 1.02 });
    expect(pace.advise(sample({ latency: 0.59 }))).toEqual({ do: 'rate', rate: 1 });
    expect(pace.advise(sample({ latency: 0.64 }))).toEqual({ do: 'rate', rate: 1 });
  });

  it('never catches up into an empty buffer', () => {
    expect(new Pace().advise(sample({ latency: 1.5, ahead: 0.2 }))).toEqual({ do: 'rate', rate: 1 });
  });

  it('slows down a little when the buffer is nearly empty', () => {
    expect(new Pace().advise(sample({ ahead: 0.04 }))).toEqual({ do: 'rate', rate: 0.95 });
  });

  it('jumps when playing faster would take minutes', () => {
    expect(new Pace().advise(sample({ latency: 0.7 + JUMP_BEHIND_S, ahead: 10 }))).toEqual({ do: 'jump' });
  });

  it('jumps over what never comes, and not while nothing newer is there', () => {
    expect(new Pace().advise(sample({ latency: 2.4, ahead: 0, starvedMs: STARVED_MS + 1 }))).toEqual({ do: 'jump' });
    expect(new Pace().advise(sample({ latency: 20.6, age: 20, ahead: 0, starvedMs: 20_000 })).do).toBe('rate');
    expect(new Pace().advise(sample({ latency: 0.7, ahead: 0, starvedMs: 60_000 }))).toEqual({ do: 'rate', rate: 0.95 });
  });

  it('leaves whoever rewound alone', () => {
    expect(new Pace().advise(sample({ latency: 300, ahead: 20, following: false }))).toEqual({ do: 'rate', rate: 1 });
  });

  it('gives up latency for each stall, up to a bound, and takes it back in calm times', () => {
    const pace = new Pace();
    for (let i = 0; i < 50; i += 1) {
      pace.stalled(1_000);
    }
    expect(pace.target(0.6)).toBeCloseTo(0.6 + STALL_MAX_S);
    pace.advise(sample({ nowMs: 1_000 + CALM_MS + 1 }));
    expect(pace.target(0.6)).toBeCloseTo(0.6 + STALL_MAX_S - STALL_STEP_S);
    // One step per calm minute.
    pace.advise(sample({ nowMs: 1_000 + CALM_MS + 2 }));
    expect(pace.target(0.6)).toBeCloseTo(0.6 + STALL_MAX_S - STALL_STEP_S);
  });

  it('reaches the target from a late start without ever emptying the buffer', () => {
    const pace = new Pace();
    let latency = 2.5;
    const arrival = 0.25;
    for (let ms = 0; ms < 60_000; ms += 100) {
      const advice = pace.advise(sample({ nowMs: ms, latency, ahead: latency - arrival }));
      expect(advice.do).toBe('rate');
      latency -= ((advice.do === 'rate' ? advice.rate : 1) - 1) * 0.1;
      expect(latency - arrival).toBeGreaterThan(0.2);
    }
    expect(latency).toBeLessThan(0.7);
  });
});
