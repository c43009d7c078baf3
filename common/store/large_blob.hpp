// One large blob being written: its operations wait in order and are done one after another by jobs
// of the pool, at most one at a time. Held by the writer's user and by its own jobs; the last of
// them to let go ends it. Any thread. Internal to store.
//
//     open ──append──> ... ──seal──> sealed       abandon() after seal() does nothing
//       └── a failure: every later operation fails with it, the file is removed
//
// Until it is sealed the file has a name of its own (part_suffix): a file with the final name was
// complete and synced before it got it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/store/blob_files.hpp"
#include "common/store/blobs.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {

inline constexpr std::string_view part_suffix = ".part";

class LargeBlob : public std::enable_shared_from_this<LargeBlob> {
public:
    struct Place {
        std::uint64_t id = 0;
        std::string directory;
        std::string path;  // Its final one.
    };

    LargeBlob(Place place, Owner owner, BlobFiles::Engine engine);

    // A refusal because too much waits is returned by the call itself; it fails the blob.
    void append(std::string bytes, BlobDone done);
    void seal(BlobSealed done);
    void abandon();

private:
    struct Operation {
        std::size_t bytes = 0;
        std::function<void()> work;
    };

    // False when too much waits.
    bool enqueue(Operation operation);
    void run_next();

    // On the pool, one at a time.
    Result<void> append_now(const std::string& bytes);
    Result<void> write_now(const std::string& bytes);
    Result<void> seal_now();
    Result<void> name_finally();
    Result<void> create();
    Result<void> push_window();
    void finish_seal(const Result<void>& named, const BlobSealed& done) const;
    Error give_up(Error error);

    const Place place_;
    const std::string part_path_;
    const Owner owner_;
    const BlobFiles::Engine engine_;

    // Of the operation that runs.
    FileDescriptor file_;
    std::uint64_t written_ = 0;
    BlockSums sums_;
    std::uint64_t pushed_ = 0;  // Windows before it are on the disk or on their way there.
    std::optional<Error> failed_;

    std::mutex mutex_;
    std::deque<Operation> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool running_ = false;
    bool sealed_ = false;   // seal() was called.
    bool overrun_ = false;  // An append was refused: the blob must not be sealed without it.
};

}  // namespace onput::store
