// The storage process of lifecycle_sim, without a notifier: its events stay in their rows, where
// the checker reads them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/storage/service.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {

inline constexpr const char* owner = "000000000000";
inline constexpr const char* plain_bucket = "plain";
inline constexpr const char* versioned_bucket = "versioned";
inline constexpr const char* expiring_prefix = "expiring/";
inline constexpr const char* moving_prefix = "moving/";
inline constexpr const char* cold_prefix = "cold/";
inline constexpr const char* kept_prefix = "kept/";

class LifecycleStorage final : public ServiceNode {
public:
    explicit LifecycleStorage(const Parts& parts) : ServiceNode(parts, "storage") {}

    // An event that survived, and when it truly was.
    struct Told {
        schema::ObjectEvent event;
        Duration at{};
        Duration counted_from{};  // By the wall where that was ahead: what is made then lives on.
    };
    [[nodiscard]] std::vector<Told> told() const;

    struct Expected {
        std::string key;
        bool is_there = false;
        bool is_cold = false;
        bool is_readable = false;
        std::string text;
    };
    void check_object(const Expected& expected);
    void check_rows();
    // What is referred to is there, and nothing else.
    void check_blobs();

private:
    Result<std::unique_ptr<runtime::Service>> open_service() override;
    void check_turn() override { storage_->core().check_invariants(); }
    Node& peer(const std::string&) override { return *this; }
    void on_commit(const store::Batch& batch, store::Ticket ticket) override;

    void note_pass(const std::string& row);
    std::string read_now(const storage::Reading& reading);

    storage::StorageService* storage_ = nullptr;  // Of this life.
    std::map<std::string, Duration> committed_;   // When, by the event's id.
};

}  // namespace onput::sim
