// Pictures of lives on air change while the page is open. The new one is there before it is shown, in the same box.

/** The server draws them about as often. */
const EVERY_MS = 30_000;

export function livePictures(): void {
  const pictures = [...document.querySelectorAll<HTMLImageElement>('[data-live-picture] img')];
  if (pictures.length > 0) {
    window.setInterval(() => pictures.filter(isSeen).forEach((picture) => void refresh(picture)), EVERY_MS);
  }
}

function isSeen(picture: HTMLImageElement): boolean {
  const { top, bottom } = picture.getBoundingClientRect();
  return !document.hidden && bottom > 0 && top < window.innerHeight;
}

async function refresh(picture: HTMLImageElement): Promise<void> {
  const next = new URL(picture.src);
  // The same for everybody at the same time, so that shared caches can answer.
  next.search = `t=${Math.floor(Date.now() / EVERY_MS)}`;
  const loaded = new Image();
  loaded.src = next.href;
  try {
    await loaded.decode();
    picture.src = next.href;
  } catch {
    // Not there or not whole: the last one stays.
  }
}
