// Copy, show and hide, and "are you sure".

const COPIED_MS = 2_000;

export function copyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy], [data-copy-from]')) {
    button.hidden = false;
    const label = button.textContent;
    button.addEventListener('click', () => {
      const from = button.dataset['copyFrom'];
      const source = from ? document.getElementById(from) : null;
      const text = source instanceof HTMLInputElement ? source.value : (button.dataset['copy'] ?? '');
      void copy(text).then((copied) => {
        if (copied) {
          button.textContent = button.dataset['copied'] ?? label;
          window.setTimeout(() => (button.textContent = label), COPIED_MS);
        }
      });
    });
  }
}

/** The clipboard needs a secure page; on plain http the old way still works. */
async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: the old way.
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  return copied;
}

export function showButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-show]')) {
    const field = document.getElementById(button.dataset['show'] ?? '');
    if (field instanceof HTMLInputElement) {
      const show = button.textContent;
      button.hidden = false;
      button.addEventListener('click', () => {
        const hidden = field.type === 'password';
        field.type = hidden ? 'text' : 'password';
        button.textContent = hidden ? (button.dataset['hideLabel'] ?? show) : show;
      });
    }
  }
}

export function confirmForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-confirm]')) {
    form.addEventListener('submit', (event) => {
      if (!window.confirm(form.dataset['confirm'])) {
        event.preventDefault();
      }
    });
  }
}
