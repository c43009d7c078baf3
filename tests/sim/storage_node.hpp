// The storage process: the real service, and what the checker of changes sees of it.
#pragma once

#include "services/storage/service.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {

class StorageNode final : public ServiceNode {
public:
    StorageNode(const Parts& parts, Changes& changes, Damage& damage);
    void connect(Node& notifier) { notifier_ = &notifier; }

    // Its disk spoils a bit of a blob.
    void flip_bit();
    // The same of rows of some objects without versions.
    void damage_rows();

    [[nodiscard]] bool is_idle() const;
    void check();

private:
    Result<std::unique_ptr<runtime::Service>> open_service() override;
    void check_turn() override;
    Node& peer(const std::string&) override { return *notifier_; }
    void on_commit(const store::Batch& batch, store::Ticket ticket) override;
    void on_survived(store::Ticket survives) override { changes_.survived(survives); }

    void on_down() override;

    void follow_blobs(const store::Batch& batch);
    Result<std::string> read_now(const storage::Reading& reading);
    void check_blobs();
    [[nodiscard]] bool has_damaged_row(const std::string& name) const;

    Changes& changes_;
    Damage& damage_;
    const std::uint64_t inline_bytes_max_;
    Node* notifier_ = nullptr;
    storage::StorageService* storage_ = nullptr;  // Of this life.
};

}  // namespace onput::sim
