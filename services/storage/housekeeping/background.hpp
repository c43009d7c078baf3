// Background: the share of the storage service's loop that lifecycle and replication take together
// (share.hpp). Loop thread only.
#pragma once

#include <utility>

#include "services/storage/host.hpp"
#include "services/storage/housekeeping/share.hpp"

namespace onput::storage {

class Background {
public:
    explicit Background(StorageHost& host) : host_(host) {}

    // Zero: a slice may begin. Otherwise to be asked again after that.
    [[nodiscard]] Duration wait() {
        share_.note_requests(now(), host_.requests());
        return share_.wait(now());
    }
    [[nodiscard]] bool is_shared() const { return share_.is_shared(now()); }
    // To be called in the turn that has the slice, which is taken to last as long as the turn.
    void begin_slice() {
        if (std::exchange(is_in_slice_, true)) return;
        host_.loop().after({}, [this, began = now()] {  // In the next turn, which begins then.
            is_in_slice_ = false;
            share_.end_slice(now(), now() - began);
        });
    }

private:
    [[nodiscard]] Duration now() const { return host_.loop().monotonic(); }

    StorageHost& host_;
    BackgroundShare share_;
    bool is_in_slice_ = false;
};

}  // namespace onput::storage
