// Translated text for scripts. The server renders the messages with `{name}` where a value belongs; plural messages
// come as `key-one`, `key-other`, as the language has them.

export type Say = (key: string, values?: Record<string, string | number>) => string;

export function speaker(strings: Record<string, string>, locale: string): Say {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  return (key, values = {}) => {
    const count = values['count'];
    const form = typeof count === 'number' ? `${key}-${plural.select(count)}` : key;
    const text = strings[form] ?? strings[`${key}-other`] ?? strings[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === 'number' ? number.format(value) : value;
    });
  };
}
