#include "prove.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <chrono>

#include "../aligned.hpp"
#include "../curve/tower.hpp"
#include "../curve/xyzz.hpp"
#include "../files/wtns.hpp"
#include "verify.hpp"

namespace zkmargin {

namespace {

using ScalarField = Field<FrParams, PortableMultiply>;
using G1 = Xyzz<Field<FpParams, PortableMultiply>>;
using G2 = Xyzz<Fp2Field<Field<FpParams, PortableMultiply>>>;

/** Uniform below r, from the system's generator. */
Words randomScalar() {
  Words scalar;
  do {
    if (getentropy(scalar.data(), sizeof scalar) != 0) throw EngineError("the system gave no randomness for the proof's blinding");
    scalar[3] &= (std::uint64_t{1} << 62) - 1;
  } while (!ScalarField::isCanonical(scalar));
  return scalar;
}

/** The time since it was last asked, in milliseconds. */
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/** Values of the witness, aligned; wiped when it goes. */
Aligned<Words> readWitness(const ProvingKey& key, std::span<const std::uint8_t> file) {
  const auto bytes = parseWtns(file, "witness");
  Aligned<Words> witness(bytes.size() / sizeof(Words));
  if (witness.size() != key.view().wires) {
    throw FileError("witness", "section 2 (values)",
                    "it has " + std::to_string(witness.size()) + " wires, the key is for a circuit of " + std::to_string(key.view().wires));
  }
  std::memcpy(witness.data(), bytes.data(), bytes.size());
  return witness;
}

}  // namespace

ProvenWitness prove(const ProvingKey& key, std::span<const std::uint8_t> file, const ProveOptions& options) {
  const ZkeyView& view = key.view();
  const Backend& backend = options.backend;
  Threads threads(options.threads, options.cancelled);
  Stopwatch watch;
  ProvenWitness result;
  // Shares of the whole, as measured on keys whose wires are mostly bits.
  auto progress = [&](double& time, double done) {
    time = watch.lap();
    if (options.onProgress) options.onProgress(done);
  };

  Aligned<Words> witness = readWitness(key, file);
  Aligned<Words> h(std::size_t{1} << view.domainPower);
  {
    Aligned<Fr> a(h.size()), b(h.size());
    const std::size_t checked = backend.evaluateRows(view.coefficients, witness.span(), a.span(), b.span(), threads);
    if (checked != view.coefficients.size()) {
      throw FileError("key", "section 4 (coefficients)", "record " + std::to_string(checked) + " names a matrix, row or wire that is not there, or a coefficient above the modulus");
    }
    progress(result.times.rows, 0.1);
    backend.quotient(key.domain(backend), a.span(), b.span(), h.span(), threads);
    progress(result.times.quotient, 0.25);
  }
  const G1Affine h1 = backend.multiplyG1(view.h, h.span(), threads);
  progress(result.times.h, 0.6);
  const G1Affine a1 = backend.multiplyG1(view.a, witness.span(), threads);
  progress(result.times.a, 0.7);
  const G1Affine b1 = backend.multiplyG1(view.b1, witness.span(), threads);
  progress(result.times.b1, 0.75);
  const G2Affine b2 = backend.multiplyG2(view.b2, witness.span(), threads);
  progress(result.times.b2, 0.85);
  const G1Affine c1 = backend.multiplyG1(view.c, witness.span().subspan(view.publicSignals + 1), threads);
  progress(result.times.c, 0.95);

  // Groth 2016, section 3.2: A = alpha + a + r delta, B = beta + b + s delta, C = c + h + s A + r B - r s delta.
  Words r = randomScalar(), s = randomScalar();
  const G1 delta = G1::from(view.delta1);
  const G1 a = G1::from(view.alpha1).plus(a1).plus(delta.times(r));
  const G2 b = G2::from(view.beta2).plus(b2).plus(G2::from(view.delta2).times(s));
  const G1 bInG1 = G1::from(view.beta1).plus(b1).plus(delta.times(s));
  // s A + r (B - s delta)
  const G1 c = G1::from(c1).plus(h1).plus(a.times(s)).plus(bInG1.plus(delta.times(s).negated()).times(r));
  wipe(r.data(), sizeof r);
  wipe(s.data(), sizeof s);
  result.proof = {a.toAffine(), b.toAffine(), c.toAffine()};
  result.publicSignals.assign(&witness[1], &witness[1] + view.publicSignals);
  result.g1Sums = threads.work().g1Sums;
  result.g2Sums = threads.work().g2Sums;
  result.times.assemble = watch.lap();

  if (!verifyProof({view.alpha1, view.beta2, view.gamma2, view.delta2, view.ic}, result.proof, result.publicSignals)) {
    throw EngineError("the proof does not verify: the witness does not satisfy the circuit, or the key is damaged");
  }
  progress(result.times.verify, 1);
  return result;
}

}  // namespace zkmargin
