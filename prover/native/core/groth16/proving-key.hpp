#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "../backend.hpp"
#include "../files/mapped-file.hpp"
#include "../files/zkey.hpp"

namespace zkmargin {

/** A .zkey file, mapped and checked, with what all its proofs share. Immutable: any number of threads may prove with it at once. */
class ProvingKey {
 public:
  /**
   * Checks the whole structure of the file (files/zkey.hpp). The file must not be changed while the key is in use: replace it by renaming.
   * @throws FileError
   */
  static std::shared_ptr<const ProvingKey> open(const std::string& path);

  /**
   * Checks that all points are on their curves, and those of G2 in the group of order r.
   * @throws FileError naming the section and the first point that is not
   */
  void checkPoints(Threads&) const;

  const ZkeyView& view() const { return view_; }
  /** The roots of unity for a back end, made at its first use. */
  const Domain& domain(const Backend&) const;
  /** The mapping itself, for hashing. */
  std::span<const std::uint8_t> bytes() const { return file_.bytes(); }

  ProvingKey(MappedFile file, ZkeyView view);

 private:
  MappedFile file_;
  ZkeyView view_;
  mutable std::mutex mutex_;
  mutable std::map<const Backend*, std::unique_ptr<const Domain>> domains_;
};

}  // namespace zkmargin
