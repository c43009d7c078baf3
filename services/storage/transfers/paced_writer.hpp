// PacedWriter: writes one blob piece by piece, no faster than a rate. Up to segment_blob_bytes_max
// it collects the bytes and writes them in one go; beyond that it opens a file of its own.
//
// Loop thread only, where its callbacks come too; they keep it alive as long as one is to come.
// Destroying it unsealed removes what was written.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/store/blobs.hpp"
#include "common/transport/event_loop.hpp"

namespace onput::storage {

class PacedWriter {
public:
    struct Parts {
        transport::EventLoop& loop;
        store::BlobStore& blobs;
        std::uint64_t bytes_per_second = 0;
    };
    PacedWriter(const Parts& parts, store::Owner owner) : parts_(parts), owner_(std::move(owner)) {}

    // One at a time. `done` comes when the next may be written, or at once with an error.
    void write(std::string bytes, std::function<void(const Result<void>&)> done);
    // With these bytes as its last ones, which may be none. Once, when nothing is being written.
    void seal(std::string rest, store::BlobSealed done);

private:
    void pause(std::size_t bytes, std::function<void(const Result<void>&)> done);
    Result<void> open();

    Parts parts_;
    store::Owner owner_;
    std::string collected_;  // Until there is a writer.
    std::unique_ptr<store::BlobWriter> writer_;
};

}  // namespace onput::storage
