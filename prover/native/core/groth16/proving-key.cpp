#include "proving-key.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "../aligned.hpp"
#include "../curve/pairing.hpp"

namespace zkmargin {

namespace {

constexpr std::size_t recordsATask = 1024;

/** Random numbers of 16 bits, from the system's generator. */
void fillRandom(std::span<std::uint16_t> numbers) {
  constexpr std::size_t numbersACall = 128;
  for (std::size_t at = 0; at < numbers.size(); at += numbersACall) {
    const std::size_t count = std::min(numbersACall, numbers.size() - at);
    if (getentropy(&numbers[at], count * sizeof(std::uint16_t)) != 0) throw EngineError("the system gave no randomness for the check of points");
  }
}

}  // namespace

std::shared_ptr<const ProvingKey> ProvingKey::open(const std::string& path) {
  MappedFile file(path);
  const ZkeyView view = parseZkey(file.bytes(), path);
  return std::make_shared<const ProvingKey>(std::move(file), view);
}

ProvingKey::ProvingKey(MappedFile file, ZkeyView view) : file_(std::move(file)), view_(view) {}

const Domain& ProvingKey::domain(const Backend& backend) const {
  const std::lock_guard lock(mutex_);
  auto& domain = domains_[&backend];
  if (domain == nullptr) domain = backend.makeDomain(view_.domainPower);
  return *domain;
}

void ProvingKey::checkPoints(Threads& threads) const {
  auto onCurve = [&](const auto& records, const char* section) {
    std::atomic<std::size_t> bad{records.size()};
    threads.forEach((records.size() + recordsATask - 1) / recordsATask, [&](std::size_t task, unsigned) {
      for (std::size_t i = task * recordsATask; i < std::min(records.size(), (task + 1) * recordsATask); i++) {
        if (isOnCurve(records[i].read())) continue;
        std::size_t first = bad.load();
        while (i < first && !bad.compare_exchange_weak(first, i)) {}
        return;
      }
    });
    if (bad < records.size()) throw FileError(file_.path(), section, "point number " + std::to_string(bad) + " is not on the curve, or not canonical");
  };
  onCurve(view_.ic, "section 3 (IC)");
  onCurve(view_.a, "section 5 (A)");
  onCurve(view_.b1, "section 6 (B1)");
  onCurve(view_.b2, "section 7 (B2)");
  onCurve(view_.c, "section 8 (C)");
  onCurve(view_.h, "section 9 (H)");
  for (const auto& [point, name] : {std::pair{view_.beta2, "beta2"}, {view_.gamma2, "gamma2"}, {view_.delta2, "delta2"}}) {
    if (!isInG2(point)) throw FileError(file_.path(), std::string("header, ") + name, "must be in the group of order r");
  }

  // The twist's order is r times a cofactor of which 10,069 is the smallest factor: a random combination of points of which one is outside the
  // group is inside with probability below 1/10,069 + 2^-16, and ten of them with probability below 2^-130.
  constexpr int combinations = 10;
  Aligned<std::uint16_t> numbers(view_.b2.size());
  Aligned<Words> scalars(view_.b2.size());
  for (int combination = 0; combination < combinations; combination++) {
    fillRandom(numbers.span());
    for (std::size_t i = 0; i < numbers.size(); i++) scalars[i] = {numbers[i], 0, 0, 0};
    if (isInG2(fastestBackend().multiplyG2(view_.b2, scalars.span(), threads))) continue;
    for (std::size_t i = 0; i < view_.b2.size(); i++) {
      if (!isInG2(view_.b2[i].read())) throw FileError(file_.path(), "section 7 (B2)", "point number " + std::to_string(i) + " is not in the group of order r");
    }
  }
}

}  // namespace zkmargin
