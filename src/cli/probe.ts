export async function probe(): Promise<void> {}
