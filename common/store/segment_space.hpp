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
#include <string>

#include "common/store/blob_format.hpp"
#include "common/store/blobs.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {

class SegmentSpace {
public:
    explicit SegmentSpace(std::string directory) : directory_(std::move(directory)) {}

    // Scans the headers of every segment, removes records without a row, cuts the preallocated rest
    // off. A segment whose own header is damaged is left as it is, for someone to look at: its
    // records are still readable.
    Result<void> recover(const BlobStore::IsReferred& is_referred);

    [[nodiscard]] std::string path_of(std::uint64_t number) const;

    // The appender's side: a segment is active from its creation until it is closed.
    void add_active(std::uint64_t number);
    void add_records(std::uint64_t number, std::uint64_t count);
    void close(std::uint64_t number);

    // Blocks. The data's checksum is verified when all of it is read.
    Result<std::string> read(const BlobRef& ref, BlobStore::Piece piece) const;

    // Blocks.
    void remove(const BlobRef& ref);

private:
    struct Segment {
        std::uint64_t live = 0;  // Records that were not removed.
        bool active = false;
    };
    struct Scan;

    Result<void> recover_segment(std::uint64_t number, const BlobStore::IsReferred& is_referred);
    static Result<void> scan_records(Scan& scan, const BlobStore::IsReferred& is_referred);
    static Result<void> scan_record(Scan& scan, const RecordHeader& header,
                                    const BlobStore::IsReferred& is_referred);
    void remove_if_empty(std::uint64_t number);

    std::string directory_;
    std::mutex mutex_;
    std::map<std::uint64_t, Segment> segments_;
};

}  // namespace onput::store
