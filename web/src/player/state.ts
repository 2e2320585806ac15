// What a viewer of a live should see, from what the server says and what the media does. Pure.

import type { LiveState, Phase } from './data';

/** What the video element plays. */
export type Source = 'none' | 'live' | 'replay';
export type Slate = 'none' | 'waiting' | 'starting' | 'interrupted' | 'reconnecting' | 'ended' | 'gone';

export interface Model {
  phase: Phase;
  session: number | null;
  /** When this session began; places a rewound viewer in the replay. */
  onAirSince: string | null;
  replay: string | null;
  /** The replay of the session before: not news when this one ends. */
  oldReplay: string | null;
  source: Source;
  /** The server's events arrive. */
  linked: boolean;
  /** Pictures move, or could: not starved. */
  moving: boolean;
  /** The engine gave up and is being started again. */
  failed: boolean;
  /** The viewer has chosen to stay with the replay while the channel is on air again. */
  dwelling: boolean;
}

export type Input =
  | { is: 'state'; state: LiveState }
  | { is: 'link'; up: boolean }
  | { is: 'moving'; moving: boolean }
  | { is: 'failed'; failed: boolean }
  /** The last picture of the session was shown, or the viewer is rewound and need not wait for it. */
  | { is: 'drained' }
  | { is: 'join' };

export function initial(live: LiveState): Model {
  const source: Source =
    live.state === 'on-air' || live.state === 'interrupted' ? 'live' : live.state === 'ended' && live.replay ? 'replay' : 'none';
  return {
    phase: live.state,
    session: live.session,
    onAirSince: live.state === 'on-air' ? live.since : null,
    replay: live.state === 'on-air' || live.state === 'interrupted' ? null : live.replay,
    oldReplay: live.replay,
    source,
    linked: true,
    moving: false,
    failed: false,
    dwelling: false,
  };
}

export function step(model: Model, input: Input): Model {
  switch (input.is) {
    case 'link':
      return { ...model, linked: input.up };
    case 'moving':
      return { ...model, moving: input.moving, failed: input.moving ? false : model.failed };
    case 'failed':
      return { ...model, failed: input.failed };
    case 'join':
      return model.phase === 'on-air' ? { ...model, source: 'live', dwelling: false, moving: false } : model;
    case 'drained':
      return over(model.phase) && model.source === 'live'
        ? { ...model, source: model.replay ? 'replay' : 'none', moving: false, failed: false }
        : model;
    case 'state':
      return onState(model, input.state);
  }
}

function onState(model: Model, said: LiveState): Model {
  const next: Model = { ...model, phase: said.state, session: said.session ?? model.session, linked: true };
  if (said.state === 'on-air') {
    next.oldReplay = said.replay;
    next.replay = null;
    next.onAirSince = model.phase === 'interrupted' ? model.onAirSince : said.since;
    if (model.source === 'replay' && model.moving) {
      // Whoever watches is not torn away.
      next.dwelling = true;
      next.replay = model.replay;
    } else {
      next.moving = model.source === 'live' && next.session === model.session && model.moving;
      next.source = 'live';
      next.dwelling = false;
      next.failed = false;
    }
  } else if (said.state === 'interrupted') {
    if (model.source === 'none') {
      next.source = 'live';
    }
  } else {
    next.dwelling = false;
    const fresh = said.replay !== model.oldReplay ? said.replay : null;
    next.replay = fresh ?? model.replay;
    if (next.source === 'none' && model.session !== null && fresh && model.replay === null) {
      // The replay was published a moment after the last picture.
      next.source = 'replay';
    }
  }
  return next;
}

/** No pictures will follow in this session. */
export function over(phase: Phase): boolean {
  return phase === 'ended' || phase === 'waiting';
}

export function slate(model: Model): Slate {
  if (model.source === 'replay') {
    return 'none';
  }
  if (model.source === 'none') {
    return model.phase === 'ended' ? (model.replay ? 'ended' : 'gone') : 'waiting';
  }
  if (model.moving) {
    return 'none';
  }
  if (model.phase === 'interrupted') {
    return 'interrupted';
  }
  if (model.failed || !model.linked) {
    return 'reconnecting';
  }
  return over(model.phase) ? 'none' : 'starting';
}

/** The channel went on air again while its viewer watches the replay. */
export function offersLive(model: Model): boolean {
  return model.dwelling && model.phase === 'on-air' && model.source === 'replay';
}
