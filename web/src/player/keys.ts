// The keyboard as people know it from other players.

export interface KeyActions {
  togglePlay(): void;
  seekBy(seconds: number): void;
  /** 0 to 1 of what can be sought. */
  seekTo(fraction: number): void;
  volumeBy(change: number): void;
  toggleMute(): void;
  toggleFullscreen(): void;
  toggleCaptions(): void;
  rateBy(steps: number): void;
  toggleStats(): void;
}

const SKIP_S = 10;
const STEP_S = 5;
const VOLUME_STEP = 0.05;

/** True if the key meant something. */
export function press(key: string, actions: KeyActions): boolean {
  switch (key) {
    case ' ':
    case 'k':
      actions.togglePlay();
      return true;
    case 'j':
      actions.seekBy(-SKIP_S);
      return true;
    case 'l':
      actions.seekBy(SKIP_S);
      return true;
    case 'ArrowLeft':
      actions.seekBy(-STEP_S);
      return true;
    case 'ArrowRight':
      actions.seekBy(STEP_S);
      return true;
    case 'ArrowUp':
      actions.volumeBy(VOLUME_STEP);
      return true;
    case 'ArrowDown':
      actions.volumeBy(-VOLUME_STEP);
      return true;
    case 'm':
      actions.toggleMute();
      return true;
    case 'f':
      actions.toggleFullscreen();
      return true;
    case 'c':
      actions.toggleCaptions();
      return true;
    case '<':
      actions.rateBy(-1);
      return true;
    case '>':
      actions.rateBy(1);
      return true;
    case 'i':
      actions.toggleStats();
      return true;
    default:
      if (/^[0-9]$/.test(key)) {
        actions.seekTo(Number(key) / 10);
        return true;
      }
      return false;
  }
}

/** Arrow keys scroll the page unless the player has the focus; letters work everywhere but in fields and controls. */
export function listen(player: HTMLElement, actions: KeyActions): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const path = event.composedPath().filter((node): node is HTMLElement => node instanceof HTMLElement);
    const inside = path.includes(player);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (path.some((node) => node.matches('input:not([type=range]), textarea, select, [contenteditable], dialog, [role=menu]'))) {
      return;
    }
    const vertical = key === 'ArrowUp' || key === 'ArrowDown';
    if ((vertical || key === ' ') && !inside && path.some((node) => node !== document.body && node !== document.documentElement && node.tabIndex >= 0)) {
      return;
    }
    if (vertical && !inside) {
      return;
    }
    const onButton = path.some((node) => node.matches('button, a[href], summary, [role=button]'));
    const onSlider = path.some((node) => node.matches('input[type=range], [role=slider]'));
    if ((onButton && (key === ' ' || key === 'Enter')) || (onSlider && key.startsWith('Arrow'))) {
      return;
    }
    if (press(key, actions)) {
      event.preventDefault();
    }
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
