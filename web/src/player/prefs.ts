// What this browser remembers of its viewer: nothing leaves it.

const KEY = 'tributary-player';

export interface Prefs {
  volume: number;
  muted: boolean;
  rate: number;
}

const DEFAULTS: Prefs = { volume: 1, muted: false, rate: 1 };

export function readPrefs(): Prefs {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>;
    return {
      volume: within(stored.volume, 0, 1) ?? DEFAULTS.volume,
      muted: stored.muted === true,
      rate: within(stored.rate, 0.25, 3) ?? DEFAULTS.rate,
    };
  } catch {
    // Storage is off (private window, embed without storage access): the defaults are fine.
    return { ...DEFAULTS };
  }
}

export function writePrefs(prefs: Prefs): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // As above.
  }
}

function within(value: unknown, min: number, max: number): number | null {
  return typeof value === 'number' && value >= min && value <= max ? value : null;
}
