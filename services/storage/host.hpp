// StorageHost: the host of the storage service (common/service/host.hpp), as its transfers see it.
#pragma once

#include "common/service/host.hpp"
#include "services/storage/core.hpp"

namespace onput::storage {

class StorageHost : public service::Host<StorageCore> {
public:
    // The blobs that are being read.
    [[nodiscard]] Pins& pins() { return mutable_core().pins(); }

protected:
    using Host::Host;
};

}  // namespace onput::storage
