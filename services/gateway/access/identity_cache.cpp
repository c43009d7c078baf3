#include "services/gateway/access/identity_cache.hpp"

namespace onput::gateway {

std::shared_ptr<const KnownIdentity> IdentityCache::find(const std::string& name,
                                                         SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    return found != entries_.end() && now < found->second.until ? found->second.identity : nullptr;
}

void IdentityCache::keep(const std::string& name, std::shared_ptr<const KnownIdentity> identity,
                         SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= identities_cached_max) entries_.clear();
    entries_.insert_or_assign(name,
                              Entry{.identity = std::move(identity), .until = now + identity_ttl});
}

void IdentityCache::forget_all() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
}

}  // namespace onput::gateway
