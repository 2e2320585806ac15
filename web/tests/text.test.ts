import { describe, expect, it } from 'vitest';
import { clock } from '../src/player/live-bar';
import { level, sentence, type Health } from '../src/studio/health';
import { speaker } from '../src/text';

describe('text', () => {
  it('puts values in and chooses the plural of the language', () => {
    const say = speaker({ 'v-one': '{count} spectateur', 'v-other': '{count} spectateurs', b: '{seconds} s' }, 'fr');
    expect([say('v', { count: 0 }), say('v', { count: 1 }), say('v', { count: 2 })]).toEqual(['0 spectateur', '1 spectateur', '2 spectateurs']);
    expect(say('b', { seconds: '1,3' })).toBe('1,3 s');
    expect(say('unknown')).toBe('unknown');
  });

  it('tells time', () => {
    expect([clock(7), clock(187), clock(3_723)]).toEqual(['0:07', '3:07', '1:02:03']);
  });
});

describe('health in a sentence', () => {
  const say = speaker({ 'dash-good': '{picture} {bitrate} {keyframes}', 'dash-attention': 'attention', 'dash-bad': 'bad' }, 'en');
  const health: Health = {
    state: 'on-air', onAirSince: null, protocol: 'RTMP', encoder: null, width: 1920, height: 1080, videoCodec: 'H.264', audioCodec: 'AAC',
    bitrate: 6_120_000, fps: 59.94, keyframeIntervalMs: 2_000, lateMs: 0, droppedFrames: 0, viewers: 0, uptimeMs: 0, recording: 'on', advice: [],
    lastError: null, history: [],
  };

  it('says what streamers want to know', () => {
    expect(sentence(health, say, 'en')).toBe('1080p60 6.1 Mbit/s 2 s');
    expect(level(health)).toBe('ok');
  });

  it('puts the worst first', () => {
    const warned = { ...health, advice: [{ level: 'warn' as const, code: 'a', text: 'x' }] };
    expect([level(warned), sentence(warned, say, 'en')]).toEqual(['warn', 'attention']);
    const bad = { ...health, advice: [...warned.advice, { level: 'error' as const, code: 'b', text: 'y' }] };
    expect([level(bad), sentence(bad, say, 'en')]).toEqual(['error', 'bad']);
  });
});
