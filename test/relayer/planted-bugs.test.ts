import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCampaign, type Campaign } from "./planted-bugs.js";
import { PLANTED_BUGS } from "./planted-bugs-list.js";

describe("the invariants of the contracts", () => {
  let campaign: Campaign;

  beforeAll(async () => {
    campaign = await openCampaign();
  });

  afterAll(() => campaign.remove());

  it("hold without a bug, and the actions reach every state", async () => {
    const looked = PLANTED_BUGS.flatMap(({ invariants }) => invariants);
    expect(await campaign.failures([...looked, "test_theActionsReachEveryStateThatMatters"], 1)).toEqual([]);
  });

  it.each(PLANTED_BUGS)("fail when $name", async (bug) => {
    expect(await campaign.failuresWith(bug, 20)).toEqual([...bug.invariants].sort());
  });
});
