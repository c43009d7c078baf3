// What the world has to do because of a command of StorageCore.
#pragma once

#include <string>
#include <vector>

#include "common/service/effects.hpp"
#include "common/store/blobs.hpp"
#include "services/storage/objects/trash.hpp"
#include "services/storage/replication/pending.hpp"

namespace onput::storage {

// One atomic commit: any number of objects' changes, each with its event, or a bucket's.
struct Change : service::Change {
    // An event in the batch. Its number in the outbox is what takes it back if the commit is
    // refused.
    struct Event {
        std::uint64_t number = 0;
        std::string name;  // "ObjectCreated:Put": to be counted.
    };
    std::vector<Event> events = {};
    std::vector<std::string> buckets = {};   // Created, changed or deleted by it.
    std::vector<store::BlobRef> blobs = {};  // That rows refer to from it on.
    // That rows referred to until it, and nobody reads: among the unused ones of the effects.
    std::vector<store::BlobRef> released = {};
    std::vector<store::BlobRef> cold_blobs = {};  // As `blobs`, in the cold directory.

    // Of a batch that tidies: rows through this number were gone before it, and what leaves the
    // trash.
    struct Purge {
        std::uint64_t removed_before = 0;
        std::vector<Trash> trash;
    };
    std::optional<Purge> purge = {};
    std::vector<std::string> counted = {};  // Buckets whose usage it changes.
    PendingReplicas::Counts replicas = {};  // By how much more is to be replicated.
};

struct Effects : service::Effects<Change> {
    // Blobs that no row refers to once the changes are durable: to be removed then.
    std::vector<store::BlobRef> unused_blobs;
    std::vector<store::BlobRef> unused_cold_blobs;

    [[nodiscard]] bool is_done() const { return unused_blobs.empty() && unused_cold_blobs.empty(); }
};

}  // namespace onput::storage
