#include "proving-key.hpp"

namespace zkmargin {

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

}  // namespace zkmargin
