// How many messages one identifier may be sent.

export const SENDS_PER_WINDOW = 5
export const WINDOW_SECONDS = 900
