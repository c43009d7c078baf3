// Backup: copies one running data directory, rows and blobs, into an empty directory.
//
//     prepare ──> take ──> copy ──> finish ──> a backup
//        └─────────┴────────┴── abandon, destroyed: what was written is removed
//
// `take` is the moment: the copy has every commit made before the call, and may have some that were
// made before its answer. It takes milliseconds: tables of rows get second names in
// <data>/rows.backup, which is gone when the backup ends and is removed at the next start else.
// From `take` on blobs are not removed; they are copied as they are, since a blob never changes.
// The copy is read back and compared. Its bytes and names are durable before its manifest is. When
// it is abandoned, a target that was there before stays, empty.
//
// Each call is answered on the backup's own thread: post to the loop and return. One at a time, in
// this order; `abandon` at any time. The destructor waits for the thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/store/backup_manifest.hpp"
#include "common/store/blobs.hpp"
#include "common/store/store.hpp"

namespace onput::store {

inline constexpr std::string_view rows_backup_directory = "rows.backup";

struct BackupOptions {
    std::string directory;    // Of the service's data.
    std::string target;       // Does not exist, or is an empty directory.
    BackupManifest manifest;  // Without its files.
};

// Blobs that belong to the rows.
struct BackupBlobs {
    BlobStore* blobs = nullptr;
    std::string directory;  // Where they are.
    std::string prefix{};   // Of their paths in the copy: "", or "cold/".
};

class Backup {
public:
    using Done = std::function<void(Result<void>)>;

    virtual ~Backup() = default;

    // Checks the target, and makes what `take` has to write little.
    virtual void prepare(Done done) = 0;
    virtual void take(Done done) = 0;
    virtual void copy(Done done) = 0;
    // Writes the manifest. From then on it stays.
    virtual void finish(Done done) = 0;
    // Stops what runs; nothing can be asked of it afterwards.
    virtual void abandon(Done done) = 0;

    // Any thread.
    [[nodiscard]] virtual const CopyProgress& progress() const = 0;
};

// Rows and blobs outlive it.
std::unique_ptr<Backup> open_backup(BackupOptions options, Store& rows,
                                    std::vector<BackupBlobs> blobs);

}  // namespace onput::store
