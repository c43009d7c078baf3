// The segment files of the log and the records in them: reading, removing, recovering. Appending is
// SegmentLog's. Internal to store.
//
// A removed record is punched out of its file: its blocks go back to the file system, its header
// reads as zeros, so it cannot be removed twice or come back. A segment that is no longer appended
// to and that has no record left is removed. Nothing is synced for a removal: a record that a power
// loss brings back has no row, and the next recovery removes it again. Segment numbers and places
// are never used twice, so a late reference can never meet another blob.
//
// Any thread, after recover().
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/store/blob_format.hpp"
#include "common/store/blob_suspects.hpp"
#include "common/store/blobs.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {

class SegmentSpace {
public:
    struct Options {
        std::string directory;
        std::string quarantine;  // A directory, created when it is needed.
    };
    explicit SegmentSpace(Options options) : options_(std::move(options)) {}

    // Recovery, in two steps. `scan` reads the headers of every segment, removes records whose row
    // does not refer to them, cuts the preallocated rest off, and names the segments in which it
    // cannot read something; `settle` decides these once the rows were asked: what a row refers to
    // stays, and its segment is kept whole until a later recovery.
    Result<void> scan(const BlobReferences& references, BlobSuspects& suspects,
                      BlobRecovery& recovery);
    Result<void> settle(const BlobSuspects& suspects, BlobRecovery& recovery);

    [[nodiscard]] std::string path_of(std::uint64_t number) const;

    // The appender's side: a segment is active from its creation until it is closed.
    void add_active(std::uint64_t number);
    // `end`: of the newest record.
    void add_records(std::uint64_t number, std::uint64_t count, std::uint64_t end);
    void close(std::uint64_t number);

    // Blocks. All of the data is read and verified, whatever piece of it is asked for.
    Result<std::string> read(const BlobRef& ref, BlobStore::Piece piece) const;

    // Blocks.
    void remove(const BlobRef& ref);

    // Of a segment that this life has written to: where its records end.
    [[nodiscard]] std::optional<std::uint64_t> end_of(std::uint64_t number);
    // Those that are there.
    [[nodiscard]] Result<std::vector<std::uint64_t>> list() const;

private:
    struct Segment {
        std::uint64_t live = 0;  // Records that were not removed.
        bool active = false;
        std::uint64_t end = 0;  // Of its records, when this life has written it; else 0.
        bool is_kept = false;   // Something in it cannot be read: it is not removed in this life.
    };
    // The state of one segment's scan.
    struct Scan {
        std::uint64_t number = 0;
        std::string path;
        FileDescriptor file;
        std::uint64_t file_bytes = 0;
        std::optional<SegmentHeader> segment;  // Nothing: damaged.
        std::uint64_t live = 0;
        std::uint64_t position = block_bytes;
        std::uint64_t end = block_bytes;      // Of the last record.
        std::vector<RecordHeader> ownerless;  // Whose owner cannot be read.
        std::vector<std::uint64_t> readable;  // Offsets of records with a readable header.
        bool has_unreadable_blocks = false;
        bool is_kept = false;
    };

    Result<void> scan_segment(std::uint64_t number, const BlobReferences& references,
                              BlobSuspects& suspects, BlobRecovery& recovery);
    static Result<void> scan_records(Scan& scan, const BlobReferences& references,
                                     BlobRecovery& recovery);
    static Result<void> scan_record(Scan& scan, const RecordHeader& header,
                                    const BlobReferences& references, BlobRecovery& recovery);
    static Result<void> punch_record(const Scan& scan, const RecordHeader& header,
                                     BlobRecovery& recovery);
    Result<void> settle_headless(const Scan& scan, const BlobSuspects& suspects,
                                 BlobRecovery& recovery) const;
    static Result<void> settle_records(Scan& scan, const BlobSuspects& suspects,
                                       BlobRecovery& recovery);
    Result<void> finish(const Scan& scan);
    void remove_if_empty(std::uint64_t number);

    const Options options_;
    std::vector<Scan> suspicious_;  // Between scan and settle.
    std::mutex mutex_;
    std::map<std::uint64_t, Segment> segments_;
};

}  // namespace onput::store
