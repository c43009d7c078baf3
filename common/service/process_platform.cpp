#include "common/service/process_platform.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

#include "common/base/digest.hpp"

namespace onput::service {
namespace {

class ProcessPlatform final : public Platform {
public:
    explicit ProcessPlatform(runtime::Process& process) : process_(process) {}

    [[nodiscard]] transport::EventLoop& loop() override { return process_.loop(); }
    [[nodiscard]] Random& random() override { return process_.random(); }
    [[nodiscard]] std::string new_secret(std::size_t bytes) override {
        return secure_random_bytes(bytes);
    }
    [[nodiscard]] const std::string& name() const override { return process_.name(); }
    [[nodiscard]] Timestamp started_at() const override { return process_.started_at(); }
    [[nodiscard]] std::string boot() const override {
        std::string id;
        std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
        return id;
    }
    [[noreturn]] void fail(const Error& error) override {
        process_.fail(error);
        std::unreachable();  // GCC 12 does not believe a virtual function that it never returns.
    }

    Result<std::unique_ptr<store::Store>> open_store(const store::RocksOptions& options,
                                                     store::Store::Events events) override {
        return store::open_rocks_store(options, std::move(events));
    }
    Result<std::unique_ptr<store::BlobStore>> open_blobs(
        const store::FileBlobOptions& options, std::function<void(Error)> on_failed) override {
        return store::open_file_blobs(options, std::move(on_failed));
    }
    std::unique_ptr<store::Backup> open_backup(store::BackupOptions options, store::Store& rows,
                                               std::vector<store::BackupBlobs> blobs) override {
        return store::open_backup(std::move(options), rows, std::move(blobs));
    }
    [[nodiscard]] std::optional<std::uint64_t> free_bytes(
        const std::string& directory) const override {
        std::error_code error;
        const auto space = std::filesystem::space(directory, error);
        if (error) return {};
        return space.available;
    }

    Result<std::unique_ptr<transport::RequestServer>> serve(
        const std::vector<std::string>& endpoints,
        transport::RequestServer::Handler handler) override {
        return transport::RequestServer::bind(process_.loop(), endpoints, std::move(handler));
    }
    std::unique_ptr<transport::RequestClient> connect(const std::string& endpoint) override {
        return transport::RequestClient::connect(process_.loop(), endpoint);
    }
    Result<std::unique_ptr<transport::BusPublisher>> bind_bus(
        const std::vector<std::string>& endpoints) override {
        return transport::BusPublisher::bind(process_.loop(), endpoints);
    }
    Result<std::unique_ptr<transport::LaneHub>> bind_lanes(
        const std::vector<std::string>& endpoints, transport::LaneHub::Handler handler) override {
        return transport::LaneHub::bind(process_.loop(), endpoints, std::move(handler));
    }

private:
    runtime::Process& process_;
};

}  // namespace

std::unique_ptr<Platform> platform_of(runtime::Process& process) {
    return std::make_unique<ProcessPlatform>(process);
}

}  // namespace onput::service
