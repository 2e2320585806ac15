import { describe, expect, it, vi } from 'vitest';
import { press, type KeyActions } from '../src/player/keys';

const spies = () => ({
  togglePlay: vi.fn(),
  seekBy: vi.fn(),
  seekTo: vi.fn(),
  volumeBy: vi.fn(),
  toggleMute: vi.fn(),
  toggleFullscreen: vi.fn(),
  toggleCaptions: vi.fn(),
  rateBy: vi.fn(),
  toggleStats: vi.fn(),
}) satisfies KeyActions;

describe('keys', () => {
  it('mean what they mean elsewhere', () => {
    const actions = spies();
    for (const key of [' ', 'k', 'j', 'l', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'm', 'f', 'c', '<', '>', '7', 'i']) {
      expect(press(key, actions), key).toBe(true);
    }
    expect(actions.togglePlay).toHaveBeenCalledTimes(2);
    expect(actions.seekBy.mock.calls.flat()).toEqual([-10, 10, -5, 5]);
    expect(actions.seekTo).toHaveBeenCalledWith(0.7);
    expect(actions.rateBy.mock.calls.flat()).toEqual([-1, 1]);
    expect(press('x', actions)).toBe(false);
    expect(press('Tab', actions)).toBe(false);
  });
});
