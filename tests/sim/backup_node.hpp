// BackupNode: who takes backups of the three services, as `onput backup` does, while everything
// else goes on; and the check that what was taken is one moment of all: no copy knows of another
// one's future, and nothing is between two copies.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "common/schema/backup.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {

class BackupNode final : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        ServiceNode& storage;
        ServiceNode& notifier;
        ServiceNode& queue;
    };
    explicit BackupNode(const Parts& parts);

    void stop() { is_stopped_ = true; }
    // Backups whose moment was one of all services.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

private:
    struct Step {
        std::size_t open = 3;
        bool has_failed = false;
    };
    void on_start() override;
    void on_crash() override {}

    void rest();
    void run(schema::BackupStep step);
    void go_on(schema::BackupStep step, bool has_failed);
    void check_moment();
    void check_outbox(const TakenRows& from, std::string_view partition, const TakenRows& notifier);
    void check_deliveries(const TakenRows& notifier, const TakenRows& queue);

    std::array<ServiceNode*, 3> services_;
    std::array<std::unique_ptr<transport::RequestClient>, 3> clients_;
    std::uint64_t id_ = 0;
    std::uint64_t taken_ = 0;
    bool is_stopped_ = false;
};

}  // namespace onput::sim
