// What the world has to do because of a command of StorageCore.
#pragma once

#include <string>
#include <vector>

#include "common/store/blobs.hpp"
#include "common/store/store.hpp"
#include "services/storage/objects/trash.hpp"

namespace onput::storage {

struct Effects {
    // Each is one atomic commit, committed by the shell right after the command. No command needs
    // more than one. When a commit fails, StorageCore::undo takes the command back.
    std::vector<store::Batch> batches;

    // Blobs that no row refers to once the batches are committed: to be removed then.
    std::vector<store::BlobRef> unused_blobs;

    std::string event_name;  // Of the event in the batch, to be counted; empty: none.

    // What undo needs to know.
    std::string changed_bucket;      // Empty: none.
    std::uint64_t event_number = 0;  // Of the event in the batch; 0: none.
    bool is_tidying = false;         // The batch of tidy():
    std::uint64_t removed_before = 0;
    std::vector<Trash> trash;
};

}  // namespace onput::storage
