// Appends small blobs to the active segment. One thread: it takes all that waits, writes it with
// one call, syncs once, then answers; it never waits to build a group. Internal to store.
//
//     write ──> queued ──> group: pwritev + fdatasync ──> BlobRef
//
// A segment is preallocated in full when it is created, so a full disk shows there and an append
// changes no file size. Each time the store is opened it starts new segments. A write that fails
// (not the sync) fails its group and closes the segment: nothing is appended behind bytes of
// unknown state. A failed sync is reported as the Failure, and everything later fails with it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "common/store/blobs.hpp"
#include "common/store/failure.hpp"
#include "common/store/file_io.hpp"
#include "common/store/segment_space.hpp"

namespace onput::store {

inline constexpr std::uint64_t segment_bytes_min = 2 * 1024 * 1024;
inline constexpr std::size_t segment_queue_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t segment_queue_max = 64 * 1024;  // Blobs.
inline constexpr std::size_t segment_group_bytes_max = 16 * 1024 * 1024;

class SegmentLog {
public:
    struct Options {
        std::string directory;
        std::uint64_t segment_bytes = 0;
        std::uint64_t first_number = 0;  // Never used before by this store.
    };

    SegmentLog(Options options, SegmentSpace& space, Failure& failure);
    // Writes and answers what is queued.
    ~SegmentLog();
    SegmentLog(const SegmentLog&) = delete;
    SegmentLog& operator=(const SegmentLog&) = delete;

    // Any thread. Answered on the log's thread; `resource_exhausted` when the queue is full, and
    // that in the call itself.
    void write(Owner owner, std::string bytes, BlobSealed done);

private:
    struct Item {
        std::string owner;
        std::size_t partition_bytes = 0;
        std::string bytes;
        BlobSealed done;
        std::string header;  // Set when it is placed.
        BlobRef ref;
    };

    bool try_queue(const Owner& owner, std::string bytes, const BlobSealed& done);
    void run();
    std::vector<Item> take_group();
    void write_group(std::vector<Item> group);
    std::size_t place(std::span<Item> items);
    void place_one(Item& item);
    Result<void> create_segment();
    void close_segment();
    Result<void> write_run(std::span<Item> items);
    static void refuse(std::span<Item> items, const Error& error);

    Options options_;
    SegmentSpace& space_;
    Failure& failure_;

    // The active segment, of the log's thread only. Number 0: there is none.
    std::uint64_t number_ = 0;
    std::uint64_t next_number_;
    std::uint64_t salt_ = 0;
    std::uint64_t end_ = 0;
    FileDescriptor file_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> queue_;
    std::size_t queued_bytes_ = 0;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace onput::store
