// The speeds offered for what is recorded.

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
