/**
 * A headless Chromium for tests that look at a page: an empty profile, no network.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { BROWSER_HELP, findBrowser } from "../../scripts/browser.mjs";

export const browserPath = findBrowser();

/** For the name of a suite: why it is not run, if it is not. */
export const browserNeed = browserPath === undefined ? `not run, no browser found: ${BROWSER_HELP}` : "Chromium";

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** What a page did beside showing itself. */
export interface Noise {
  readonly requests: string[];
  readonly messages: string[];
}

export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "zkmargin-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath!, headless: true, offline: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

export async function openPage(context: BrowserContext, url: string, noise: Noise = { requests: [], messages: [] }): Promise<Page> {
  const page = await context.newPage();
  page.on("request", (request) => noise.requests.push(request.url()));
  page.on("console", (message) => noise.messages.push(message.text()));
  page.on("pageerror", (error) => noise.messages.push(String(error)));
  page.on("dialog", (dialog) => {
    noise.messages.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return page;
}

/** Number of different colours in a picture, and the share of the commonest one. */
export async function colours(context: BrowserContext, png: Buffer): Promise<{ readonly count: number; readonly commonest: number }> {
  const page = await context.newPage();
  try {
    return await page.evaluate(`(${PIXELS})("${png.toString("base64")}")`) as { count: number; commonest: number };
  } finally {
    await page.close();
  }
}

/** Runs in the browser, which can read PNG; as text, since its types are not those of Node. */
const PIXELS = `async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  return { count: counts.size, commonest: Math.max(...counts.values()) / pixels.length };
}`;
