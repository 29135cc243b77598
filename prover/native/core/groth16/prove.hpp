#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "proof.hpp"
#include "proving-key.hpp"

namespace zkmargin {

/** Milliseconds of wall-clock time. */
struct PhaseTimes {
  double rows = 0, quotient = 0, a = 0, b1 = 0, b2 = 0, c = 0, h = 0, assemble = 0, verify = 0;
};

struct ProvenWitness {
  Proof proof;
  /** Plain integers, without the constant one. */
  std::vector<Words> publicSignals;
  PhaseTimes times;
  /** Sums of two points that the multi-scalar multiplications took. */
  std::uint64_t g1Sums = 0, g2Sums = 0;
};

struct ProveOptions {
  const Backend& backend = fastestBackend();
  /** 1 to 256. */
  unsigned threads = 1;
  const std::atomic<bool>* cancelled = nullptr;
  /** Called from the calling thread with a rising fraction in [0, 1]. */
  std::function<void(double fraction)> onProgress = {};
};

/**
 * Groth16 (Groth 2016, section 3.2) with snarkjs's keys. Verified before it is returned. What is derived from the witness is wiped.
 * @param witness bytes of a .wtns file; they stay the caller's, who wipes them
 * @throws FileError when the witness is malformed or not for this key; EngineError when the proof does not verify; Cancelled
 */
ProvenWitness prove(const ProvingKey& key, std::span<const std::uint8_t> witness, const ProveOptions& options);

}  // namespace zkmargin
