// StorageHost: the host of the storage service (common/service/host.hpp), as its transfers see it.
#pragma once

#include "common/service/host.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/unsynced_keys.hpp"

namespace onput::storage {

class StorageHost : public service::Host<StorageCore> {
public:
    // The blobs that are being read.
    [[nodiscard]] Pins& pins() { return mutable_core().pins(); }

    // Through which commit an answer about this key has to be durable (unsynced_keys.hpp), by the
    // rows as they are now.
    [[nodiscard]] store::Ticket newest_of(std::string_view bucket, std::string_view key) const {
        return unsynced_keys_.newest_of(bucket, key);
    }

protected:
    using Host::Host;

private:
    void before_commit(const store::Batch& batch) final { unsynced_keys_.begin(batch); }
    void after_commit(store::Ticket ticket) final { unsynced_keys_.end(ticket); }

    UnsyncedKeys unsynced_keys_;
};

}  // namespace onput::storage
