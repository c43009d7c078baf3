// Background: the share of the storage service's loop that lifecycle and replication take together
// (share.hpp). Loop thread only.
#pragma once

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

    // As long as it is there, the loop works for the background. The commit of what the slice
    // changed is shared with the turn's requests and not counted.
    class Slice {
    public:
        explicit Slice(Background& background)
            : background_(background), began_(background.now()) {}
        ~Slice() { background_.share_.end_slice(background_.now(), background_.now() - began_); }
        Slice(const Slice&) = delete;
        Slice& operator=(const Slice&) = delete;

    private:
        Background& background_;
        Duration began_;
    };

private:
    [[nodiscard]] Duration now() const { return host_.loop().monotonic(); }

    StorageHost& host_;
    BackgroundShare share_;
};

}  // namespace onput::storage
