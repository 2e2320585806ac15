import { describe, expect, it } from 'vitest';
import type { LiveState, Phase } from '../src/player/data';
import { initial, offersLive, slate, step, type Input, type Model } from '../src/player/state';

const said = (state: Phase, over: Partial<LiveState> = {}): LiveState => ({
  state,
  since: '2026-11-22T20:00:00Z',
  session: state === 'on-air' || state === 'interrupted' ? 7 : null,
  replay: null,
  graceEndsAt: null,
  ...over,
});

const run = (model: Model, ...inputs: Input[]): Model => inputs.reduce(step, model);
const state = (phase: Phase, over?: Partial<LiveState>): Input => ({ is: 'state', state: said(phase, over) });
const moving: Input = { is: 'moving', moving: true };
const still: Input = { is: 'moving', moving: false };

describe('a viewer of a live', () => {
  it('waits, and joins by itself', () => {
    const waiting = initial(said('waiting'));
    expect([waiting.source, slate(waiting)]).toEqual(['none', 'waiting']);
    const started = run(waiting, state('on-air'));
    expect([started.source, slate(started)]).toEqual(['live', 'starting']);
    expect(slate(run(started, moving))).toBe('none');
  });

  it('is told of an interruption when the pictures end, and stays attached', () => {
    const cut = run(initial(said('on-air')), moving, state('interrupted'));
    expect(slate(cut)).toBe('none');
    const starved = run(cut, still);
    expect([starved.source, slate(starved)]).toEqual(['live', 'interrupted']);
    const back = run(starved, state('on-air'));
    expect([back.source, back.session, slate(run(back, moving))]).toEqual(['live', 7, 'none']);
  });

  it('sees the last pictures, then the replay', () => {
    const ended = run(initial(said('on-air')), moving, state('waiting', { replay: '/w/new' }));
    expect(ended.source).toBe('live');
    expect(run(ended, { is: 'drained' }).source).toBe('replay');
  });

  it('is not shown the replay of the session before', () => {
    const model = run(initial(said('waiting', { replay: '/w/old' })), state('on-air', { replay: '/w/old' }), moving);
    const ended = run(model, state('waiting', { replay: '/w/old' }), { is: 'drained' });
    expect([ended.source, slate(ended)]).toEqual(['none', 'waiting']);
    expect(run(ended, state('waiting', { replay: '/w/new' })).source).toBe('replay');
  });

  it('does not get a replay it never asked for while it waits', () => {
    const waiting = run(initial(said('waiting')), state('waiting', { replay: '/w/x' }));
    expect(waiting.source).toBe('none');
  });

  it('is told when there is no replay', () => {
    const ended = run(initial(said('on-air')), moving, state('ended'), { is: 'drained' });
    expect([ended.source, slate(ended)]).toEqual(['none', 'gone']);
  });

  it('is not torn away from a replay that plays', () => {
    const replay = run(initial(said('on-air')), moving, state('waiting', { replay: '/w/r' }), { is: 'drained' }, moving);
    const again = run(replay, state('on-air', { session: 8, replay: '/w/r' }));
    expect([again.source, offersLive(again)]).toEqual(['replay', true]);
    expect(run(again, { is: 'join' }).source).toBe('live');
    // A replay that does not play holds nobody.
    expect(run(replay, still, state('on-air', { session: 8 })).source).toBe('live');
  });

  it('is told of a lost connection only when it shows', () => {
    const lost = run(initial(said('on-air')), moving, { is: 'link', up: false });
    expect(slate(lost)).toBe('none');
    expect(slate(run(lost, still))).toBe('reconnecting');
    const failed = run(initial(said('on-air')), still, { is: 'failed', failed: true });
    expect(slate(failed)).toBe('reconnecting');
    expect(slate(run(failed, moving))).toBe('none');
  });

  it('opens an ended live with its replay', () => {
    expect(initial(said('ended', { replay: '/w/r' })).source).toBe('replay');
    expect(slate(initial(said('ended')))).toBe('gone');
  });
});
