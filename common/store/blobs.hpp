// Bulk bytes beside the rows. A blob is written once, durable when sealed, never changed. Rows
// refer to it by BlobRef.
//
//     write(bytes, owner) ───────────────────> BlobRef    small: one record of the segment log,
//                                                         one fdatasync per group
//     open(owner) ──> append ... ──> seal ───> BlobRef    large: a file of its own,
//                                                         one fdatasync at the seal
//
// A blob belongs to the row that refers to it: (partition, key) = Owner, stored with the blob.
// Between seal and the commit of that row a crash leaves an orphan; `recover` finds those at start
// by asking for each owner whether its row still refers to the blob, and removes them. What it
// cannot read it looks up in the rows: damage never makes it remove what a row refers to. Removing
// is by the caller once no row refers to it and nobody reads it.
//
// Every read verifies checksums: bytes that differ from what was written are `corruption`, never
// data.
//
// All work happens on the engine's own threads; callbacks are called there: post to the loop and
// return. The object may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::store {

inline constexpr std::size_t segment_blob_bytes_max = 1024 * 1024;
inline constexpr std::size_t append_bytes_max = 4 * 1024 * 1024;  // Of one append.

struct Owner {
    std::string partition;
    std::string key;
    friend bool operator==(const Owner&, const Owner&) = default;
};

// Where a blob is. Kept in rows by its text form; opaque to everyone else.
struct BlobRef {
    std::uint64_t segment = 0;  // Segment number, or 0: a file of its own.
    std::uint64_t id = 0;       // Offset of the record in the segment, or the file's number.
    std::uint64_t length = 0;   // Bytes.

    friend bool operator==(const BlobRef&, const BlobRef&) = default;
};

std::string to_text(const BlobRef& ref);
Result<BlobRef> parse_blob_ref(std::string_view text);

using BlobSealed = std::function<void(Result<BlobRef>)>;
using BlobRead = std::function<void(Result<std::string>)>;
using BlobDone = std::function<void(Result<void>)>;

// One large blob being written. Destroying it unsealed removes what was written.
class BlobWriter {
public:
    virtual ~BlobWriter() = default;

    // Takes the next bytes (<= append_bytes_max); `done` says that they are with the kernel, or why
    // not. Several may be on their way.
    virtual void append(std::string bytes, BlobDone done) = 0;

    // Makes everything appended durable. Call once, last; after an append's failure it fails too.
    virtual void seal(BlobSealed done) = 0;
};

// What the rows say about blobs.
struct BlobReferences {
    using Visit = std::function<void(const BlobRef&)>;

    // Does the owner's row refer to the blob? An error: the row cannot be read.
    std::function<Result<bool>(const Owner&, const BlobRef&)> is_referred;
    // Every reference in any row; an error unless all rows could be read. Asked only when there is
    // a blob whose owner cannot be read.
    std::function<Result<void>(const Visit&)> for_each;
};

// What a recovery did. A blob that is damaged but referred to stays where it is.
struct BlobRecovery {
    static constexpr std::size_t findings_max = 1000;

    std::uint64_t removed = 0;      // No row refers to them.
    std::uint64_t damaged = 0;      // A row refers to them, and their place cannot be read in full.
    std::uint64_t quarantined = 0;  // Unreadable and without a row: moved aside, not removed.
    std::uint64_t unproven = 0;     // Kept, because the rows cannot be read.
    std::vector<std::string> findings;  // Each of them but the removed: the first findings_max.

    void find(std::uint64_t& count, std::string finding) {
        ++count;
        if (findings.size() < findings_max) findings.push_back(std::move(finding));
    }
};

// A file of the engine's directory, for a backup.
struct BlobFile {
    std::string path;  // Relative to the directory.
    // So much of it is written; the rest may be anything. Nothing: all of it.
    std::optional<std::uint64_t> bytes_max = {};
};

// Removals that wait for a backup's end; those beyond are left to the next recovery.
inline constexpr std::size_t held_removals_max = 1'000'000;

class BlobStore {
public:
    virtual ~BlobStore() = default;

    // A blob of at most segment_blob_bytes_max in one go.
    virtual void write(Owner owner, std::string bytes, BlobSealed done) = 0;

    virtual Result<std::unique_ptr<BlobWriter>> open(Owner owner) = 0;

    // Bytes [offset, offset + length) of the blob; a range outside it is invalid_argument, missing
    // or damaged bytes are corruption.
    struct Piece {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };
    virtual void read(const BlobRef& ref, Piece piece, BlobRead done) = 0;

    // Reads all of it and compares it with its checksums: `corruption` when they differ. A blob
    // written before there were checksums passes when it is complete. For scrubbing.
    virtual void verify(const BlobRef& ref, BlobDone done) = 0;

    // Gives the space back. Removing twice succeeds.
    virtual void remove(const BlobRef& ref) = 0;

    // For backups: removals wait from the one call to the other. `files` are those of all blobs
    // sealed before the call, and stay as they are as long as removals are held; it blocks until
    // earlier removals are done. An engine without files has none.
    virtual void hold_removals() {}
    virtual void release_removals() {}
    virtual Result<std::vector<BlobFile>> files() { return std::vector<BlobFile>(); }

    // Called once at start, before anything else: removes every blob that provably no row refers
    // to. Blocks. Fails only when its directories cannot be read or changed.
    virtual Result<BlobRecovery> recover(const BlobReferences& references) = 0;
};

}  // namespace onput::store
