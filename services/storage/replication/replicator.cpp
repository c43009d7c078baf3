#include "services/storage/replication/replicator.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "common/runtime/health.hpp"

namespace onput::storage {
namespace {

std::string name_of(const DueReplica& due) {
    return fmt::format("s3://{}/{}", due.bucket, due.key);
}

void log_failure(const DueReplica& due, const Error& error) {
    log::warn(
        "an object could not be replicated: it is tried again",
        {{"object", name_of(due)}, {"destination", due.destination}, {"reason", error.message}});
}

}  // namespace

void Replicator::start() {
    if (!parts_.host.core().replication().pending().all().empty()) arm();
}

void Replicator::on_turn_end() {
    const std::uint64_t planned = parts_.host.core().replication().planned();
    if (std::exchange(planned_, planned) != planned) arm();
}

void Replicator::arm() {
    if (std::exchange(is_armed_, true)) return;
    parts_.host.loop().after(replication_period, [this] {
        is_armed_ = false;
        look();
    });
}

void Replicator::look() {
    if (parts_.host.is_draining()) return;
    std::vector<std::string> destinations;
    for (const auto& [destination, count] : parts_.host.core().replication().pending().all())
        destinations.push_back(destination);
    const auto told = parts_.host.execute([this](StorageCore& core, Effects& effects) {
        return core.replication().tell_late(parts_.host.now(), effects);
    });
    if (!told) log::error("late replicas cannot be told of", {{"reason", told.error().message}});
    std::size_t begun = 0;
    for (const auto& destination : destinations) begun += look_at_destination(destination);
    if (begun > 0) arm();
}

std::size_t Replicator::look_at_destination(const std::string& destination) {
    const auto due = parts_.host.core().replication().due(destination, parts_.host.now());
    if (!due) {
        log::error("what is to be replicated cannot be read",
                   {{"destination", destination}, {"reason", due.error().message}});
        return 0;
    }
    const std::uint64_t in_period = parts_.versions_per_second *
                                    static_cast<std::uint64_t>(replication_period.count()) /
                                    1'000'000;
    std::size_t begun = 0;
    for (const auto& replica : *due) {
        const auto copies = copies_.find(destination);
        const bool is_full = copies != copies_.end() && copies->second >= replica_copies_max;
        if (begun >= std::max<std::uint64_t>(in_period, 1) || is_full) return begun;
        if (in_hand_.contains(replica)) continue;
        ++begun;
        begin(replica);
    }
    return begun;
}

void Replicator::begin(const DueReplica& due) {
    auto work = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().look_at(due, parts_.host.now(), effects);
    });
    if (!work) return postpone(due, work.error());
    if (work->kind == ReplicaWork::Kind::none) return;
    auto copy = std::make_shared<Copy>();
    copy->work = *std::move(work);
    copy->copies.resize(copy->work.pieces.size());
    in_hand_.insert(due);
    ++copies_[due.destination];
    parts_.host.pins().pin(copy->work.stored);
    next_piece(copy);
}

// The next blob that has bytes, or the end of all of them.
void Replicator::next_piece(const CopyPtr& copy) {
    const auto& pieces = copy->work.pieces;
    while (copy->piece < pieces.size() && pieces[copy->piece].length == 0) ++copy->piece;
    if (copy->piece >= pieces.size()) return finish(copy);
    copy->offset = pieces[copy->piece].offset;
    read(copy);
}

void Replicator::read(const CopyPtr& copy) {
    const auto& piece = copy->work.pieces[copy->piece];
    const std::uint64_t left = piece.offset + piece.length - copy->offset;
    if (left == 0) return seal(copy);
    // Of one blob of the original: the first of those that have the range.
    const auto sources = pieces_of(copy->work.segments, copy->offset,
                                   std::min<std::uint64_t>(left, replica_piece_bytes));
    const SegmentPiece& source = sources.front();
    const std::uint64_t offset_in_piece = copy->offset - piece.offset;
    parts_.blobs.read(source.blob, {.offset = source.offset, .length = source.length},
                      [this, copy, source, offset_in_piece](Result<std::string> bytes) {
                          // Heavy work, and this thread is not the loop's.
                          if (bytes) {
                              const auto& work = copy->work;
                              work.key.apply(source.nonce, source.nonce_offset, *bytes);
                              work.copy_key.apply(work.pieces[copy->piece].nonce, offset_in_piece,
                                                  *bytes);
                          }
                          parts_.host.loop().post([this, copy, bytes = std::move(bytes)]() mutable {
                              if (!bytes) return fail(copy, bytes.error());
                              write(copy, *std::move(bytes));
                          });
                      });
}

void Replicator::write(const CopyPtr& copy, std::string bytes) {
    const std::size_t size = bytes.size();
    copy->offset += size;
    if (!copy->writer && copy->collected.size() + size <= store::segment_blob_bytes_max) {
        copy->collected += bytes;
        return go_on(copy, size);
    }
    if (!copy->writer) {
        auto writer = parts_.blobs.open(copy->work.pieces[copy->piece].owner);
        if (!writer) return fail(copy, writer.error());
        copy->writer = *std::move(writer);
        bytes.insert(0, std::exchange(copy->collected, {}));
    }
    copy->writer->append(std::move(bytes), [this, copy, size](const Result<void>& done) {
        parts_.host.loop().post([this, copy, size, done] {
            if (!done) return fail(copy, done.error());
            go_on(copy, size);
        });
    });
}

void Replicator::go_on(const CopyPtr& copy, std::size_t bytes) {
    const std::uint64_t pause_us = bytes * 1'000'000ULL / parts_.bytes_per_second;
    parts_.host.loop().after(Duration(static_cast<std::int64_t>(pause_us)), [this, copy] {
        if (!parts_.host.is_draining()) return read(copy);
        discard(copy);
        end(copy);
    });
}

void Replicator::seal(const CopyPtr& copy) {
    const auto on_done = [this, copy](const Result<store::BlobRef>& sealed) {
        parts_.host.loop().post([this, copy, sealed] { on_sealed(copy, sealed); });
    };
    if (copy->writer) return copy->writer->seal(on_done);
    parts_.blobs.write(copy->work.pieces[copy->piece].owner, std::exchange(copy->collected, {}),
                       on_done);
}

void Replicator::on_sealed(const CopyPtr& copy, const Result<store::BlobRef>& sealed) {
    if (!sealed) return fail(copy, sealed.error());
    copy->writer.reset();
    copy->copies[copy->piece] = *sealed;
    ++copy->piece;
    next_piece(copy);
}

void Replicator::finish(const CopyPtr& copy) {
    const auto finished = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().finish(copy->work, copy->copies, parts_.host.now(), effects);
    });
    end(copy);
    if (!finished) postpone(copy->work.due, finished.error());
}

void Replicator::discard(const CopyPtr& copy) {
    for (const auto& blob : copy->copies) {
        if (blob) parts_.blobs.remove(*blob);
    }
}

void Replicator::fail(const CopyPtr& copy, const Error& error) {
    discard(copy);
    end(copy);
    postpone(copy->work.due, error);
}

void Replicator::end(const CopyPtr& copy) {
    const DueReplica& due = copy->work.due;
    copy->writer.reset();
    in_hand_.erase(due);
    if (--copies_[due.destination] == 0) copies_.erase(due.destination);
    parts_.host.pins().unpin(copy->work.stored);
    arm();
}

void Replicator::postpone(const DueReplica& due, const Error& error) {
    log_failure(due, error);
    const auto postponed = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().postpone(due, parts_.host.now(), effects);
    });
    if (!postponed)
        log::error("an object that is to be replicated cannot be read",
                   {{"object", name_of(due)}, {"reason", postponed.error().message}});
}

void Replicator::add_metrics(std::vector<schema::Metric>& metrics) const {
    runtime::add_histogram({.family = "onput_storage_replication_seconds"},
                           parts_.host.core().replication().latency(), metrics);
}

}  // namespace onput::storage
