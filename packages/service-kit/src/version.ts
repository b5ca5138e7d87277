// The version that every service tells: they are released together.

export const VERSION = '0.1.0'
