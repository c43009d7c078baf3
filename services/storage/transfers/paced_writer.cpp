#include "services/storage/transfers/paced_writer.hpp"

#include <utility>

namespace onput::storage {

void PacedWriter::write(std::string bytes, std::function<void(const Result<void>&)> done) {
    const std::size_t size = bytes.size();
    if (!writer_ && collected_.size() + size <= store::segment_blob_bytes_max) {
        collected_ += bytes;
        return pause(size, std::move(done));
    }
    if (!writer_) {
        if (auto opened = open(); !opened) return done(opened);
        bytes.insert(0, std::exchange(collected_, {}));
    }
    writer_->append(std::move(bytes), [this, size, done = std::move(done)](Result<void> written) {
        parts_.loop.post([this, size, done, written = std::move(written)] {
            if (!written) return done(written);
            pause(size, done);
        });
    });
}

void PacedWriter::pause(std::size_t bytes, std::function<void(const Result<void>&)> done) {
    const std::uint64_t pause_us = bytes * 1'000'000ULL / parts_.bytes_per_second;
    parts_.loop.after(Duration(static_cast<std::int64_t>(pause_us)),
                      [done = std::move(done)] { done({}); });
}

void PacedWriter::seal(std::string rest, store::BlobSealed done) {
    const bool is_small =
        !writer_ && collected_.size() + rest.size() <= store::segment_blob_bytes_max;
    if (!writer_ && !is_small) {
        if (auto opened = open(); !opened) return done(std::unexpected(opened.error()));
    }
    rest.insert(0, std::exchange(collected_, {}));
    const auto on_done = [this, done = std::move(done)](Result<store::BlobRef> sealed) {
        parts_.loop.post([done, sealed = std::move(sealed)] { done(sealed); });
    };
    if (is_small) return parts_.blobs.write(owner_, std::move(rest), on_done);
    // An append's failure comes back with the seal's.
    if (!rest.empty()) writer_->append(std::move(rest), [](const Result<void>&) {});
    writer_->seal(on_done);
}

Result<void> PacedWriter::open() {
    ONPUT_TRY(writer_, parts_.blobs.open(owner_));
    return {};
}

}  // namespace onput::storage
