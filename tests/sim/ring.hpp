// Ring: the whole house in one World, from one seed: storage, notifier, queue, two workers,
// clients, consumers, endpoints outside and a reader of the bus. First everything that can go wrong
// does; then nothing does any more, all comes to rest, and every promise is checked.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/backup_node.hpp"
#include "tests/sim/client_node.hpp"
#include "tests/sim/endpoint_node.hpp"
#include "tests/sim/large_client_node.hpp"
#include "tests/sim/mover_node.hpp"
#include "tests/sim/notifier_node.hpp"
#include "tests/sim/owner_node.hpp"
#include "tests/sim/queue_node.hpp"
#include "tests/sim/reader_node.hpp"
#include "tests/sim/setup_node.hpp"
#include "tests/sim/storage_node.hpp"
#include "tests/sim/vault_node.hpp"
#include "tests/sim/worker_node.hpp"

namespace onput::sim {

class Ring {
public:
    explicit Ring(std::uint64_t seed);

    // True when every promise was kept. Else the world says which was not.
    bool run();
    [[nodiscard]] World& world() { return world_; }

    // What was tried, and what the checkers excused. Adds up.
    struct Counts {
        std::uint64_t expired = 0;   // Messages, by retention.
        std::uint64_t moved = 0;     // To dead-letter queues of plain ones.
        std::uint64_t by_tasks = 0;  // Messages that move tasks moved.
        std::uint64_t withheld = 0;  // Events, by the limit of destinations.
        std::uint64_t flips = 0;     // Bits of blobs.
        std::uint64_t damaged_rows = 0;
        std::uint64_t damaged_jobs = 0;
        std::uint64_t backups = 0;  // Whose moment was one of all services.
    };
    void add_to(Counts& counts) const;

private:
    struct Trouble {
        Duration crash_every{};
        Duration jump_every{};
        Duration cut_every{};
        Duration trouble_time{};
        Duration fill_every{};  // Of each disk; zero: never.
        Duration flip_every{};  // Of a bit of storage's blobs.
    };
    void choose_faults();
    void set_up();
    void connect();
    void keep_crashing(Node& node);
    void keep_jumping();
    void keep_filling(ServiceNode& node);
    void keep_flipping();
    void keep_cutting(WorkerNode& worker);
    void end_trouble();
    void keep_alive(Node& node);
    bool come_to_rest();
    void see_damaged_rows();
    // Who is not at rest.
    [[nodiscard]] std::vector<std::string> busy() const;
    void check_end();
    [[nodiscard]] std::vector<Node*> nodes() const;

    World world_;
    Network network_{world_};
    Requests requests_{network_};
    Damage damage_;
    Changes changes_{world_, damage_};
    Handovers handovers_{world_, changes_};
    QueueChecks queue_checks_{world_, handovers_};
    TopicChecks topic_checks_{world_, handovers_};
    StorageNode storage_{{world_, requests_}, changes_, damage_};
    NotifierNode notifier_{{world_, requests_}, network_, {changes_, topic_checks_}};
    QueueNode queue_{{world_, requests_}, {handovers_, queue_checks_, topic_checks_}};
    ReaderNode reader_{world_, changes_};
    OwnerNode owner_{{world_, requests_, topic_checks_, notifier_}};
    VaultNode vault_keeper_{{world_, requests_, changes_, storage_}};
    LargeClientNode large_client_{{world_, requests_, changes_, storage_}};
    MoverNode mover_{{world_, requests_, handovers_, queue_}};
    SetupNode setup_{world_, requests_, {storage_, notifier_, queue_}};
    BackupNode backup_{{world_, requests_, storage_, notifier_, queue_}};
    std::vector<std::unique_ptr<WorkerNode>> workers_;
    std::vector<std::unique_ptr<ClientNode>> clients_;
    std::vector<std::unique_ptr<ConsumerNode>> consumers_;
    std::vector<std::unique_ptr<EndpointNode>> endpoints_;
    Trouble trouble_;
    bool is_troubled_ = true;
};

}  // namespace onput::sim
