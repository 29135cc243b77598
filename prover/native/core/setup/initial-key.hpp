#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "../backend.hpp"

namespace zkmargin {

struct SetupOptions {
  const Backend& backend = fastestBackend();
  /** 1 to 256. */
  unsigned threads = 1;
  const std::atomic<bool>* cancelled = nullptr;
  /** Called from the calling thread with a rising fraction in [0, 1]. */
  std::function<void(double fraction)> onProgress = {};
};

/**
 * The Groth16 key of a circuit before anyone has contributed (gamma = delta = 1), from powers of tau prepared for phase 2: the bytes that
 * snarkjs 0.7 writes (`groth16 setup`). The file appears under its name when it is complete.
 * @param r1cs,ptau,zkey paths; nothing may exist at `zkey`
 * @returns the circuit hash, 64 bytes, which contributors sign
 * @throws FileError when a file is malformed, the powers are too few or not prepared, a point is not on its curve, or the key can't be
 * written; Cancelled
 */
std::array<std::uint8_t, 64> writeInitialKey(const std::string& r1cs, const std::string& ptau, const std::string& zkey, const SetupOptions& options);

}  // namespace zkmargin
