import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCampaign, type Campaign } from "../relayer/planted-bugs.js";
import { MORE_PLANTED_BUGS } from "../relayer/planted-bugs-list.js";

describe("the invariants of the contracts, for long", () => {
  let campaign: Campaign;

  beforeAll(async () => {
    campaign = await openCampaign();
  });

  afterAll(() => campaign.remove());

  it("hold without a bug", async () => {
    expect(await campaign.failures([], 20)).toEqual([]);
  });

  it.each(MORE_PLANTED_BUGS)("fail when $name", async (bug) => {
    expect(await campaign.failuresWith(bug, 100)).toEqual([...bug.invariants].sort());
  });
});
