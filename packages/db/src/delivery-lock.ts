// The statements about one delivery wait for each other before they look at its attempts: without this, one that waited
// for the row alone would see the row as it is but the attempts as they were. Gateway and notifier name the same lock.

export const deliveryLock = (deliveryId: string) => `delivery:${deliveryId}`
