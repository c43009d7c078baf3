#include "services/storage/lifecycle/mover.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

store::Owner owner_of(const DueVersion& version) {
    return {.partition = std::string(partition), .key = object_row(version.bucket, version.key)};
}

bool is_archive(const DueWork& work) {
    return work.kind == DueWork::Kind::archive;
}

}  // namespace

store::BlobStore& Mover::source_of(const Move& move) const {
    return is_archive(move.work) ? parts_.blobs : parts_.cold;
}

store::BlobStore& Mover::target_of(const Move& move) const {
    return is_archive(move.work) ? parts_.cold : parts_.blobs;
}

void Mover::start() {
    if (in_hand_.size() >= moves_max || parts_.host.is_draining()) return;
    const auto due = parts_.host.core().due_versions(parts_.host.now());
    if (!due) {
        log::error("what is due of archived objects cannot be read",
                   {{"reason", due.error().message}});
        return;
    }
    for (const auto& version : *due) {
        if (in_hand_.size() >= moves_max) return;
        if (!in_hand_.contains(version)) begin(version);
    }
}

void Mover::begin(const DueVersion& due) {
    auto work = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.look_at(due, parts_.host.now(), effects);
    });
    auto move = std::make_shared<Move>();
    move->work = DueWork{.version = due};
    if (!work) {
        in_hand_.insert(due);
        return fail(move, work.error());
    }
    if (work->kind == DueWork::Kind::none || work->kind == DueWork::Kind::later) return;
    move->work = *std::move(work);
    in_hand_.insert(due);
    if (!is_archive(move->work)) {
        move->decompressor = std::make_unique<store::Decompressor>();
        return read(move);
    }
    parts_.host.pins().pin(move->work.stored);
    move->compressor = std::make_unique<store::Compressor>();
    if (!move->work.segments.empty()) return read(move);
    const std::size_t size = move->work.bytes.size();
    on_compressed(move, size, move->compressor->add(move->work.bytes));
}

// The next piece of the source, or the end of it.
void Mover::read(const MovePtr& move) {
    const auto& segments = move->work.segments;
    while (move->segment < segments.size() && move->offset == segments[move->segment].blob.length) {
        ++move->segment;
        move->offset = 0;
    }
    if (move->segment >= segments.size()) return seal(move);
    const auto& blob = segments[move->segment].blob;
    const std::uint64_t length =
        std::min<std::uint64_t>(move_piece_bytes, blob.length - move->offset);
    source_of(*move).read(
        blob, {.offset = move->offset, .length = length}, [this, move](Result<std::string> bytes) {
            const std::size_t size = bytes ? bytes->size() : 0;
            // Heavy work, and this thread is not the loop's.
            if (bytes && move->compressor) bytes = move->compressor->add(*bytes);
            parts_.host.loop().post([this, move, size, bytes = std::move(bytes)]() mutable {
                on_compressed(move, size, std::move(bytes));
            });
        });
}

void Mover::on_compressed(const MovePtr& move, std::size_t read_bytes, Result<std::string> bytes) {
    if (!bytes) return fail(move, bytes.error());
    move->offset += read_bytes;
    if (move->compressor) {
        move->copied += read_bytes;
        return write(move, *std::move(bytes));
    }
    move->decompressor->feed(*std::move(bytes));
    decompress(move);
}

// What was read may be much more when it is decompressed: a piece at a time.
void Mover::decompress(const MovePtr& move) {
    auto bytes = move->decompressor->take(move_piece_bytes);
    if (!bytes) return fail(move, bytes.error());
    if (bytes->empty()) return read(move);
    move->copied += bytes->size();
    write(move, *std::move(bytes));
}

void Mover::write(const MovePtr& move, std::string bytes) {
    writer_of(*move).write(std::move(bytes), [this, move](const Result<void>& written) {
        if (!written) return fail(move, written.error());
        if (parts_.host.is_draining()) return end(move);
        if (move->decompressor) return decompress(move);
        read(move);
    });
}

PacedWriter& Mover::writer_of(Move& move) {
    if (!move.writer)
        move.writer = std::make_unique<PacedWriter>(
            PacedWriter::Parts{.loop = parts_.host.loop(),
                               .blobs = target_of(move),
                               .bytes_per_second = parts_.bytes_per_second},
            owner_of(move.work.version));
    return *move.writer;
}

void Mover::seal(const MovePtr& move) {
    if (move->copied != move->work.size_bytes) {
        return fail(move, Error{.code = ErrorCode::corruption,
                                .message = fmt::format("{} bytes were read instead of {}",
                                                       move->copied, move->work.size_bytes)});
    }
    if (move->decompressor && !move->decompressor->is_at_end()) {
        return fail(move, Error{.code = ErrorCode::corruption,
                                .message = "its bytes in the cold directory are cut off"});
    }
    std::string rest;
    if (move->compressor) {
        auto last = move->compressor->finish();
        if (!last) return fail(move, last.error());
        move->compressor.reset();
        rest = *std::move(last);
    }
    writer_of(*move).seal(std::move(rest), [this, move](const Result<store::BlobRef>& sealed) {
        on_sealed(move, sealed);
    });
}

void Mover::on_sealed(const MovePtr& move, const Result<store::BlobRef>& sealed) {
    if (!sealed) return fail(move, sealed.error());
    const DueVersion& version = move->work.version;
    const bool is_to_cold = is_archive(move->work);
    end(move);
    const auto finished = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        const Timestamp now = parts_.host.now();
        return is_to_cold ? core.finish_archive(version, *sealed, now, effects)
                          : core.finish_restore(version, *sealed, now, effects);
    });
    if (!finished) {
        log::error("an archived object was moved for nothing",
                   {{"object", fmt::format("s3://{}/{}", version.bucket, version.key)},
                    {"reason", finished.error().message}});
    }
    start();
}

void Mover::end(const MovePtr& move) {
    in_hand_.erase(move->work.version);
    move->writer.reset();
    if (is_archive(move->work)) parts_.host.pins().unpin(move->work.stored);
}

void Mover::fail(const MovePtr& move, const Error& error) {
    ++failures_;
    const DueVersion& version = move->work.version;
    log::error(is_archive(move->work) ? "an object could not be moved to the cold directory"
                                      : "an archived object could not be restored",
               {{"object", fmt::format("s3://{}/{}", version.bucket, version.key)},
                {"reason", error.message}});
    end(move);
    const Timestamp later = parts_.host.now() + move_retry_delay;
    const auto postponed = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.postpone(version, later, effects);
    });
    if (!postponed)
        log::error("an archived object cannot be read",
                   {{"object", fmt::format("s3://{}/{}", version.bucket, version.key)},
                    {"reason", postponed.error().message}});
}

}  // namespace onput::storage
