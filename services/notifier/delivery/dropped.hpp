// DroppedDestinations: what removed subscriptions leave behind in the store. A destination's own
// row goes last, so that a start finds what was not finished. Part of NotifierCore.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

inline constexpr std::size_t dropped_rows_per_turn = 300;

class DroppedDestinations {
public:
    void add(std::string name) { names_.insert(std::move(name)); }
    // Removes at most dropped_rows_per_turn rows. True: there are more.
    Result<bool> sweep(const store::View& view, store::Batch& batch);
    [[nodiscard]] bool is_empty() const { return names_.empty(); }

private:
    std::set<std::string> names_;
};

}  // namespace onput::notifier
