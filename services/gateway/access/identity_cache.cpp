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
    const auto known = entries_.find(name);
    if (known != entries_.end()) {
        bytes_ -= known->second.identity->policy_bytes;
        entries_.erase(known);
    }
    make_room(identity->policy_bytes, now);
    bytes_ += identity->policy_bytes;
    entries_.insert_or_assign(name,
                              Entry{.identity = std::move(identity), .until = now + identity_ttl});
}

void IdentityCache::make_room(std::size_t bytes, SteadyTime now) {
    const auto is_full = [this, bytes] {
        return entries_.size() >= identities_cached_max ||
               bytes_ + bytes > identities_cached_bytes_max;
    };
    if (!is_full()) return;
    std::erase_if(entries_, [this, now](const auto& entry) {
        const bool is_over = now >= entry.second.until;
        if (is_over) bytes_ -= entry.second.identity->policy_bytes;
        return is_over;
    });
    if (!is_full()) return;
    entries_.clear();
    bytes_ = 0;
}

void IdentityCache::forget_all() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    bytes_ = 0;
}

}  // namespace onput::gateway
