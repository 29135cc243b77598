pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "portfolio-commitment.circom";
include "instrument-tree.circom";
include "scenario-pnl.circom";
include "expected-shortfall.circom";
include "worst-loss.circom";
include "liquidity.circom";
include "requirement.circom";
include "risk-root.circom";

// The margin of a committed portfolio under a published risk payload (SPEC.md).
// @param positions, buckets       of the tier
// @param scenarios, stressRows    of the grid: the last stressRows / 4 of each regime block are its stress rows
// Public inputs: supplied by the contract. Private inputs: the portfolio, its openings in the payload, and the ES certificate;
// each is bound to portfolioCommitment or riskRoot, or forced by a constraint named in its template.
// Values inside the payload keep their ranges because `risk check` enforces them for a published root.
template Margin(positions, buckets, scenarios, stressRows) {
    assert(scenarios % 4 == 0);
    assert(stressRows % 4 == 0);
    var stress = stressRows / 4;
    var block = scenarios / 4;

    signal input context;
    signal input terms;

    signal input count;
    signal input salt;
    signal input cash;
    signal input used[positions];
    signal input id[positions];
    signal input quantity[positions];
    signal input sign[positions];

    signal input gridElement[positions][14];
    signal input linearElement[positions];
    signal input longCharge[positions];
    signal input shortCharge[positions];
    signal input inBucket[positions][buckets];
    signal input groupBit[positions][4];
    signal input placeBit[positions][4];
    signal input leaf[positions][16];

    signal input indexBit[buckets][6];
    signal input asset[buckets];
    signal input lambdaDelta[buckets];
    signal input lambdaVega[buckets];
    signal input group[buckets][16];
    signal input sibling[buckets][8];
    signal input nodeBit[buckets][scenarios][4];
    signal input node[8];

    signal input weight[scenarios];
    signal input damping[stressRows];
    signal input tail;
    signal input buffer;
    signal input granularity;
    signal input epoch;
    signal input time;

    signal input threshold;
    signal input inTail[scenarios];
    signal input boundary[scenarios];

    signal output healthy;
    signal output disclosedRequirement;
    signal output disclosedEquity;
    signal output portfolioCommitment;
    signal output riskRoot;

    // 1. The portfolio is the committed one, all of it.
    component portfolio = PortfolioCommitment(positions);
    portfolio.count <== count;
    portfolio.used <== used;
    portfolio.id <== id;
    portfolio.quantity <== quantity;
    portfolio.sign <== sign;
    portfolio.salt <== salt;
    portfolio.cash <== cash;
    portfolioCommitment <== portfolio.commitment;

    // 2. Signed quantities, gross shorts, charges; each position names one opened bucket.
    signal shortQuantity[positions];
    signal signedQuantity[positions];
    signal longChargeTerm[positions];
    signal shortChargeTerm[positions];
    component inBucketBits[positions];
    var shortLots = 0;
    var charges = 0;
    for (var i = 0; i < positions; i++) {
        shortQuantity[i] <== sign[i] * quantity[i];
        signedQuantity[i] <== quantity[i] - 2 * shortQuantity[i];
        shortLots += shortQuantity[i];
        longChargeTerm[i] <== (quantity[i] - shortQuantity[i]) * longCharge[i];
        shortChargeTerm[i] <== shortQuantity[i] * shortCharge[i];
        charges += longChargeTerm[i] + shortChargeTerm[i];

        inBucketBits[i] = Booleans(buckets);
        inBucketBits[i].in <== inBucket[i];
        var chosen = 0;
        for (var b = 0; b < buckets; b++) {
            chosen += inBucket[i][b];
        }
        chosen === 1;
    }

    // 3. Each position's leaf is in the bucket it names.
    component instrument[positions];
    for (var i = 0; i < positions; i++) {
        instrument[i] = InstrumentOpening(buckets);
        instrument[i].gridElement <== gridElement[i];
        instrument[i].linearElement <== linearElement[i];
        instrument[i].id <== id[i];
        instrument[i].longCharge <== longCharge[i];
        instrument[i].shortCharge <== shortCharge[i];
        instrument[i].inBucket <== inBucket[i];
        instrument[i].groupBit <== groupBit[i];
        instrument[i].placeBit <== placeBit[i];
        instrument[i].leaf <== leaf[i];
        instrument[i].group <== group;
    }

    // 4. P&L of the book at each grid node of each bucket.
    component grid = GridPnl(positions, buckets);
    grid.signedQuantity <== signedQuantity;
    grid.inBucket <== inBucket;
    grid.gridElement <== gridElement;
    grid.linearElement <== linearElement;

    // 5. Columns of the scenario map; the opened buckets are in the payload, each once.
    component column[buckets];
    component bucket[buckets];
    component increasing = StrictlyIncreasing(buckets);
    var marks = 0;
    for (var b = 0; b < buckets; b++) {
        column[b] = ScenarioColumn(scenarios);
        column[b].nodeBit <== nodeBit[b];
        column[b].pnl <== grid.pnl[b];

        bucket[b] = BucketOpening();
        bucket[b].column <== column[b].column;
        bucket[b].asset <== asset[b];
        bucket[b].lambdaDelta <== lambdaDelta[b];
        bucket[b].lambdaVega <== lambdaVega[b];
        bucket[b].group <== group[b];
        bucket[b].indexBit <== indexBit[b];
        bucket[b].sibling <== sibling[b];
        bucket[b].node <== node;
        increasing.index[b] <== bucket[b].index;
        marks += grid.mark[b];
    }

    component root = RiskRoot(scenarios, stressRows);
    root.node <== node;
    root.weight <== weight;
    root.damping <== damping;
    root.tail <== tail;
    root.buffer <== buffer;
    root.granularity <== granularity;
    root.epoch <== epoch;
    root.time <== time;
    riskRoot <== root.root;

    // 6. Losses of the joint scenarios, their expected shortfall, and the worst damped stress row.
    signal loss[scenarios];
    component shortfall = ExpectedShortfall(scenarios);
    component worst = WorstLoss(stressRows);
    for (var s = 0; s < scenarios; s++) {
        var sum = 0;
        for (var b = 0; b < buckets; b++) {
            sum += column[b].scenarioPnl[s];
        }
        loss[s] <== - sum;
    }
    shortfall.loss <== loss;
    shortfall.weight <== weight;
    shortfall.tail <== tail;
    shortfall.threshold <== threshold;
    shortfall.inTail <== inTail;
    shortfall.boundary <== boundary;
    for (var r = 0; r < 4; r++) {
        for (var k = 0; k < stress; k++) {
            worst.loss[stress * r + k] <== loss[block * r + block - stress + k];
        }
    }
    worst.damping <== damping;

    // 7. Liquidity, maintenance margin, requirement, health.
    component liquidity = Liquidity(buckets);
    liquidity.asset <== asset;
    liquidity.lambdaDelta <== lambdaDelta;
    liquidity.lambdaVega <== lambdaVega;
    liquidity.dollarDelta <== grid.dollarDelta;
    liquidity.vega <== grid.vega;

    component margin = MaintenanceMargin();
    margin.es <== shortfall.es;
    margin.worst <== worst.worst;
    margin.shortLots <== shortLots;
    margin.buffer <== buffer;
    margin.liquidity <== liquidity.liquidity;
    margin.charges <== charges;

    // What the contract asks for, in one public input: factor 24 bits, disclose 2, collateral 72. Decomposed, so ranged.
    component asked = Terms();
    asked.terms <== terms;

    component disclosure = Disclosure();
    disclosure.maintenance <== margin.maintenance;
    disclosure.factor <== asked.factor;
    // A short mark is floored too: a unit a lot in the account's favour, taken back here.
    disclosure.equity <== asked.collateral + cash + marks - shortLots;
    disclosure.granularity <== granularity;
    disclosure.disclose <== asked.disclose;
    healthy <== disclosure.healthy;
    disclosedRequirement <== disclosure.disclosedRequirement;
    disclosedEquity <== disclosure.disclosedEquity;

    // 8. The context is bound to the proof: a public input without a constraint could be exchanged.
    signal contextSquare <== context * context;
}
