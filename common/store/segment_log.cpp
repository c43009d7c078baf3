#include "common/store/segment_log.hpp"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/store/blob_format.hpp"

namespace onput::store {
namespace {

constexpr std::array<char, block_bytes> zeros{};

iovec to_vector(std::string_view bytes) {
    return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

std::uint64_t random_salt() {
    const std::string bytes = secure_random_bytes(sizeof(std::uint64_t));
    std::uint64_t salt = 0;
    std::memcpy(&salt, bytes.data(), sizeof(salt));
    return salt;
}

}  // namespace

SegmentLog::SegmentLog(Options options, SegmentSpace& space, Failure& failure)
    : options_(std::move(options)),
      space_(space),
      failure_(failure),
      next_number_(options_.first_number),
      thread_([this] { run(); }) {
    ONPUT_CHECK(options_.segment_bytes >= segment_bytes_min);
    ONPUT_CHECK(options_.first_number > 0);
}

SegmentLog::~SegmentLog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void SegmentLog::write(Owner owner, std::string bytes, BlobSealed done) {
    if (!try_queue(owner, std::move(bytes), done)) {
        return done(fail(ErrorCode::resource_exhausted, "too many bytes wait to be written",
                         std::string(reason_storage_busy)));
    }
    changed_.notify_one();
}

bool SegmentLog::try_queue(const Owner& owner, std::string bytes, const BlobSealed& done) {
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + bytes.size() > segment_queue_bytes_max) return false;
    if (queue_.size() >= segment_queue_max) return false;
    queued_bytes_ += bytes.size();
    queue_.push_back({.owner = encode_owner(owner),
                      .partition_bytes = owner.partition.size(),
                      .bytes = std::move(bytes),
                      .done = done});
    return true;
}

void SegmentLog::run() {
    for (;;) {
        std::vector<Item> group = take_group();
        if (group.empty()) return;
        write_group(std::move(group));
    }
}

// What waits, up to a bound. Empty when the log ends.
std::vector<SegmentLog::Item> SegmentLog::take_group() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    std::vector<Item> group;
    std::size_t bytes = 0;
    while (!queue_.empty() && bytes < segment_group_bytes_max) {
        bytes += queue_.front().bytes.size();
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queued_bytes_ -= bytes;
    return group;
}

void SegmentLog::write_group(std::vector<Item> group) {
    std::span<Item> rest(group);
    while (!rest.empty()) {
        if (const auto failed = failure_.get()) return refuse(rest, *failed);
        if (number_ == 0) {
            if (const auto created = create_segment(); !created) {
                return refuse(rest, created.error());
            }
        }
        const std::size_t count = place(rest);
        if (count > 0) {
            const auto written = write_run(rest.first(count));
            if (!written) {
                close_segment();
                return refuse(rest, written.error());
            }
            // Counted before anyone is told, and so could remove.
            space_.add_records(number_, count, end_);
            for (Item& item : rest.first(count)) item.done(item.ref);
            rest = rest.subspan(count);
        }
        if (!rest.empty()) close_segment();
    }
}

// Gives places in the active segment to as many as fit.
std::size_t SegmentLog::place(std::span<Item> items) {
    std::size_t count = 0;
    for (Item& item : items) {
        const std::uint64_t bytes = record_bytes(item.bytes.size(), item.owner.size());
        if (bytes > options_.segment_bytes - end_) break;
        place_one(item);
        end_ += bytes;
        ++count;
    }
    return count;
}

void SegmentLog::place_one(Item& item) {
    item.ref = {.segment = number_, .id = end_, .length = item.bytes.size()};
    item.header = encode(RecordHeader{
        .salt = salt_,
        .segment = number_,
        .offset = end_,
        .data_bytes = item.bytes.size(),
        .partition_bytes = static_cast<std::uint32_t>(item.partition_bytes),
        .key_bytes = static_cast<std::uint32_t>(item.owner.size() - item.partition_bytes),
        .data_crc = crc32c(item.bytes),
        .owner_crc = crc32c(item.owner)});
}

Result<void> SegmentLog::create_segment() {
    const std::uint64_t number = next_number_++;
    const std::string path = space_.path_of(number);
    ONPUT_TRY(FileDescriptor file, open_file(path, O_RDWR | O_CREAT | O_EXCL));
    const std::uint64_t salt = random_salt();
    const auto prepare = [&]() -> Result<void> {
        if (const int error =
                ::posix_fallocate(file.get(), 0, static_cast<off_t>(options_.segment_bytes));
            error != 0) {
            return std::unexpected(system_error("allocate", path, error));
        }
        return write_at(file, path, encode(SegmentHeader{.number = number, .salt = salt}), 0);
    };
    if (auto prepared = prepare(); !prepared) {
        // What was allocated goes back at once; a name that stays is found by the next recovery.
        static_cast<void>(remove_file(path));
        return prepared;
    }
    // The header and the name are durable before a record is: recovery tells by the header which
    // records are ours.
    Result<void> synced = sync_data(file, path);
    if (synced) synced = sync_directory(options_.directory);
    if (!synced) {
        failure_.report(synced.error());
        return synced;
    }
    space_.add_active(number);
    number_ = number;
    salt_ = salt;
    end_ = block_bytes;
    file_ = std::move(file);
    return {};
}

void SegmentLog::close_segment() {
    file_.close();
    space_.close(std::exchange(number_, 0));
}

Result<void> SegmentLog::write_run(std::span<Item> items) {
    std::vector<iovec> vectors;
    vectors.reserve(items.size() * 4);
    for (const Item& item : items) {
        const std::uint64_t used = header_bytes + item.bytes.size() + item.owner.size();
        const std::uint64_t padding = record_bytes(item.bytes.size(), item.owner.size()) - used;
        vectors.push_back(to_vector(item.header));
        vectors.push_back(to_vector(item.bytes));
        vectors.push_back(to_vector(item.owner));
        vectors.push_back(to_vector({zeros.data(), padding}));
    }
    const std::string path = space_.path_of(number_);
    ONPUT_TRY_VOID(write_at(file_, path, vectors, items.front().ref.id));
    const Result<void> synced = sync_data(file_, path);
    if (!synced) failure_.report(synced.error());
    return synced;
}

void SegmentLog::refuse(std::span<Item> items, const Error& error) {
    for (const Item& item : items) item.done(std::unexpected(error));
}

}  // namespace onput::store
