export const BROWSER_HELP: string;
export function findBrowser(environment?: Readonly<Record<string, string | undefined>>): string | undefined;
export function installBrowser(build: string, say?: (line: string) => void): void;
