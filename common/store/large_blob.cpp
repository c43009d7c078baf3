#include "common/store/large_blob.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/store/blob_format.hpp"

namespace onput::store {
namespace {

Error overrun_error() {
    return {.code = ErrorCode::resource_exhausted,
            .message = "too many bytes wait to be appended",
            .reason = std::string(reason_storage_busy)};
}

}  // namespace

LargeBlob::LargeBlob(Place place, Owner owner, BlobFiles::Engine engine)
    : place_(std::move(place)),
      part_path_(place_.path + std::string(part_suffix)),
      owner_(std::move(owner)),
      engine_(engine) {}

// `done` is called by the work, or here where the work is not taken.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void LargeBlob::append(std::string bytes, BlobDone done) {
    ONPUT_CHECK(bytes.size() <= append_bytes_max);
    const std::size_t size = bytes.size();
    const bool taken = enqueue({.bytes = size, .work = [this, bytes = std::move(bytes), done] {
                                    done(append_now(bytes));
                                }});
    if (!taken) done(std::unexpected(overrun_error()));
}

void LargeBlob::seal(BlobSealed done) {
    {
        const std::lock_guard lock(mutex_);
        ONPUT_CHECK(!sealed_);
        sealed_ = true;
    }
    enqueue({.bytes = 0, .work = [this, done = std::move(done)] {
                 if (const auto result = seal_now(); !result) {
                     return done(std::unexpected(result.error()));
                 }
                 engine_.syncer.sync(place_.directory,
                                     [self = shared_from_this(), done](const Result<void>& named) {
                                         self->finish_seal(named, done);
                                     });
             }});
}

void LargeBlob::abandon() {
    {
        const std::lock_guard lock(mutex_);
        if (sealed_) return;
        sealed_ = true;
    }
    enqueue({.bytes = 0, .work = [this] {
                 give_up({.code = ErrorCode::conflict, .message = "the blob was abandoned"});
             }});
}

bool LargeBlob::enqueue(Operation operation) {
    {
        const std::lock_guard lock(mutex_);
        const bool append = operation.bytes > 0;
        ONPUT_CHECK(!append || !sealed_);
        const bool full = waiting_bytes_ + operation.bytes > writer_queue_bytes_max ||
                          waiting_.size() >= writer_queue_max;
        if (append && (full || overrun_)) {
            overrun_ = true;
            return false;
        }
        waiting_bytes_ += operation.bytes;
        waiting_.push_back(std::move(operation));
        if (std::exchange(running_, true)) return true;
    }
    engine_.pool.submit([self = shared_from_this()] { self->run_next(); });
    return true;
}

// One operation, then back to the end of the pool's queue: a fast writer does not starve others.
void LargeBlob::run_next() {
    Operation operation;
    {
        const std::lock_guard lock(mutex_);
        operation = std::move(waiting_.front());
        waiting_.pop_front();
    }
    operation.work();
    {
        const std::lock_guard lock(mutex_);
        waiting_bytes_ -= operation.bytes;
        if (waiting_.empty()) {
            running_ = false;
            return;
        }
    }
    engine_.pool.submit([self = shared_from_this()] { self->run_next(); });
}

Result<void> LargeBlob::append_now(const std::string& bytes) {
    ONPUT_TRY_VOID(write_now(bytes));
    sums_.add(bytes);
    return {};
}

Result<void> LargeBlob::write_now(const std::string& bytes) {
    if (failed_) return std::unexpected(*failed_);
    if (const auto failed = engine_.failure.get()) return std::unexpected(give_up(*failed));
    if (!file_.is_open()) {
        if (auto created = create(); !created) return std::unexpected(give_up(created.error()));
    }
    if (auto put = write_at(file_, part_path_, bytes, written_); !put) {
        return std::unexpected(give_up(put.error()));
    }
    written_ += bytes.size();
    if (auto pushed = push_window(); !pushed) return std::unexpected(give_up(pushed.error()));
    return {};
}

Result<void> LargeBlob::create() {
    if (auto made = engine_.syncer.make(place_.directory); !made) {
        // Whether its name is durable is unknown from here on.
        if (made.error().reason == reason_storage_failed) engine_.failure.report(made.error());
        return made;
    }
    ONPUT_TRY(file_, open_file(part_path_, O_WRONLY | O_CREAT | O_EXCL));
    return {};
}

// Starts writing out the window that was just filled and waits for the one before it: at most two
// windows of a blob are dirty, and the disk is never idle for want of a command.
Result<void> LargeBlob::push_window() {
    while (written_ - pushed_ >= writeback_bytes) {
        const auto start = static_cast<off_t>(pushed_);
        const auto window = static_cast<off_t>(writeback_bytes);
        int refused = ::sync_file_range(file_.get(), start, window, SYNC_FILE_RANGE_WRITE);
        if (refused == 0 && start > 0) {
            refused = ::sync_file_range(
                file_.get(), start - window, window,
                SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
        }
        if (refused != 0) {
            // The kernel tells of lost pages once: to whom it does, it must count as a failed sync.
            const Error error = system_error("write out", part_path_, errno);
            engine_.failure.report(error);
            return std::unexpected(error);
        }
        pushed_ += writeback_bytes;
    }
    return {};
}

Result<void> LargeBlob::seal_now() {
    bool overrun = false;
    {
        const std::lock_guard lock(mutex_);
        overrun = overrun_;
    }
    if (overrun) return std::unexpected(give_up(overrun_error()));
    const std::string owner = encode_owner(owner_);
    const std::string footer =
        encode(BlobFooter{.id = place_.id,
                          .data_bytes = written_,
                          .partition_bytes = static_cast<std::uint32_t>(owner_.partition.size()),
                          .key_bytes = static_cast<std::uint32_t>(owner_.key.size()),
                          .owner_crc = crc32c(owner)});
    const std::uint64_t length = written_;
    ONPUT_TRY_VOID(write_now(sums_.encode() + owner + footer));
    written_ = length;
    if (const auto synced = sync_data(file_, part_path_); !synced) {
        engine_.failure.report(synced.error());
        return std::unexpected(give_up(synced.error()));
    }
    if (const auto named = name_finally(); !named) return std::unexpected(give_up(named.error()));
    file_.close();
    return {};
}

Result<void> LargeBlob::name_finally() {
    if (std::rename(part_path_.c_str(), place_.path.c_str()) != 0) {
        return std::unexpected(system_error("rename", part_path_, errno));
    }
    return {};
}

// On the syncer's thread, after the last operation.
void LargeBlob::finish_seal(const Result<void>& named, const BlobSealed& done) const {
    if (!named) {
        engine_.failure.report(named.error());
        return done(std::unexpected(named.error()));
    }
    done(BlobRef{.segment = 0, .id = place_.id, .length = written_});
}

Error LargeBlob::give_up(Error error) {
    if (!failed_) failed_ = std::move(error);
    if (file_.is_open()) {
        file_.close();
        // A file that stays has not its final name: the next recovery removes it.
        static_cast<void>(remove_file(part_path_));
    }
    return *failed_;
}

}  // namespace onput::store
