// Effects: what has to happen in the world because of a command. A core only describes it; the host
// commits the changes right after the command, and hands on the rest when they are durable.
//
//     command ──> changes ──commit each──> sync ──> reply, and what else the effects ask for
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "common/store/store.hpp"

namespace onput::service {

// One atomic commit. A core that can take a refused commit back derives from it what it needs to
// know for that.
struct Change {
    store::Batch batch;
};

// A service's own Effects derive from this and add what it asks of the world beside commits:
//
//     bool is_done() const;    nothing is left to hand on once the changes are committed
template <typename C = Change>
struct Effects {
    // Committed in this order, each atomic by itself. When one is refused (the disk is full), the
    // core takes it and those after it back; those before it stay.
    std::vector<C> changes;

    // These changes need no sync of their own: losing them in a crash only repeats work. They
    // become durable with the next sync, and after lazy_sync_interval (host.hpp) at the latest.
    bool may_sync_late = false;

    // A change of its own, if there is anything in it.
    void add(store::Batch batch) {
        if (!batch.empty()) changes.push_back(C{std::move(batch)});
    }

    // The batch of the last change, to be added to; the first call makes it.
    store::Batch& batch_of(std::string_view partition) {
        if (changes.empty()) changes.push_back(C{store::Batch(std::string(partition))});
        return changes.back().batch;
    }
};

}  // namespace onput::service
