import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_LENGTH, readCall } from '../src/embed-api/wire';
import { readWishes } from '../src/embed-api/wishes';

describe('messages of the embed API', () => {
  it('reads questions and notices', () => {
    expect(readCall('{"id":7,"method":"peertube::seek","params":3}', 'peertube')).toEqual({ id: 7, name: 'seek', params: 3 });
    expect(readCall('{"method":"a b::__ready"}', 'a b')).toEqual({ id: null, name: '__ready', params: undefined });
    expect(readCall('{"id":{"x":1},"method":"peertube::play"}', 'peertube')?.id).toBeNull();
  });

  it('leaves alone what is not for it', () => {
    const strange = ['', '{', 'null', '7', '[]', '{"method":7}', '{"method":"play"}', '{"method":"other::play"}', '{"id":1,"result":2}', { method: 'peertube::play' }, null];
    expect(strange.map((data) => readCall(data, 'peertube'))).toEqual(strange.map(() => null));
    const long = (length: number): string => JSON.stringify({ method: 'peertube::play', params: 'x'.repeat(length - 39) });
    expect(long(MAX_MESSAGE_LENGTH)).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(readCall(long(MAX_MESSAGE_LENGTH), 'peertube')).not.toBeNull();
    expect(readCall(long(MAX_MESSAGE_LENGTH + 1), 'peertube')).toBeNull();
  });
});

describe('wishes in the address of an embed', () => {
  it('are those of PeerTube', () => {
    expect(readWishes('?api=1&scope=mine&controls=0&title=false&loop=1&stop=1m5s&playbackRate=1.5&subtitle=fr')).toMatchObject({
      scope: 'mine',
      controls: false,
      controlBar: true,
      title: false,
      link: true,
      loop: true,
      stop: 65,
      rate: 1.5,
      subtitle: 'fr',
    });
  });

  it('are nothing when nothing is wished, or nonsense', () => {
    expect(readWishes('')).toEqual(readWishes(`?stop=x&playbackRate=99&bigPlayBackgroundColor=${'x'.repeat(65)}&subtitle=&scope=a&foregroundColor=`));
    expect(readWishes('?api=1&scope=a::b').scope).toBe('peertube');
    expect(readWishes(`?api=1&scope=${'x'.repeat(65)}`).scope).toBe('peertube');
  });
});
