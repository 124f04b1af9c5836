/** The host of an address, as a list of one; none where there is no address. */
export function hostOf(address: string | undefined): string[] {
  return address !== undefined && URL.canParse(address) ? [new URL(address).hostname] : [];
}
