// Platform: all that a stateful service touches of the outside: its loop and clock, chance, its
// store, its peers. A process has the real one (process_platform.hpp); a simulation has one in
// which time, disk and network come from a seed, and runs the same services on it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/store/backup.hpp"
#include "common/store/rocks_store.hpp"
#include "common/transport/bus.hpp"
#include "common/transport/event_loop.hpp"
#include "common/transport/lane.hpp"
#include "common/transport/request.hpp"

namespace onput::service {

// Outlives the service. Everything here is for the loop's thread.
class Platform {
public:
    virtual ~Platform() = default;

    [[nodiscard]] virtual transport::EventLoop& loop() = 0;
    [[nodiscard]] virtual Random& random() = 0;
    // Bytes that nobody can foretell, unlike random()'s. A simulation's come from its seed as well.
    [[nodiscard]] virtual std::string new_secret(std::size_t bytes) = 0;
    [[nodiscard]] virtual const std::string& name() const = 0;  // Of the service: "queue".
    [[nodiscard]] virtual Timestamp started_at() const = 0;
    // This run of the machine: as long as it is the same, so is what the loop's monotonic clock
    // counts from. Empty when it cannot be told.
    [[nodiscard]] virtual std::string boot() const = 0;
    // Ends the process, after logging why: its store failed. Does not return.
    [[noreturn]] virtual void fail(const Error& error) = 0;

    // As common/store/rocks_store.hpp has them.
    virtual Result<std::unique_ptr<store::Store>> open_store(const store::RocksOptions& options,
                                                             store::Store::Events events) = 0;
    virtual Result<std::unique_ptr<store::BlobStore>> open_blobs(
        const store::FileBlobOptions& options, std::function<void(Error)> on_failed) = 0;
    virtual std::unique_ptr<store::Backup> open_backup(store::BackupOptions options,
                                                       store::Store& rows,
                                                       std::vector<store::BackupBlobs> blobs) = 0;
    // Room on the disk of a directory, bytes; nothing when it cannot be told.
    [[nodiscard]] virtual std::optional<std::uint64_t> free_bytes(
        const std::string& directory) const = 0;

    // As common/transport has them.
    virtual Result<std::unique_ptr<transport::RequestServer>> serve(
        const std::vector<std::string>& endpoints, transport::RequestServer::Handler handler) = 0;
    virtual std::unique_ptr<transport::RequestClient> connect(const std::string& endpoint) = 0;
    virtual Result<std::unique_ptr<transport::BusPublisher>> bind_bus(
        const std::vector<std::string>& endpoints) = 0;
    virtual Result<std::unique_ptr<transport::LaneHub>> bind_lanes(
        const std::vector<std::string>& endpoints, transport::LaneHub::Handler handler) = 0;
};

}  // namespace onput::service
